import { randomBytes } from 'node:crypto';
import { GatewayError } from '#contract';
import type { AuditNote, Database, Queries } from './database.js';
import type { WrappedKey } from './generated/client.js';
import { KeyHasher } from './key-hasher.js';
import { KeyRing } from './key-ring.js';
import { KeyWrapper } from './key-wrapper.js';
import type { WrappingKeys } from './key-wrapper.js';
import { rewrapKeys } from './rewrap-keys.js';
import { SecretBox } from './secret-box.js';

/** `secrets` encrypts provider secrets, `pepper` hashes client keys, `webhooks` signs webhooks. */
export const KEY_NAMES = ['secrets', 'pepper', 'webhooks'] as const;
export type KeyName = (typeof KEY_NAMES)[number];

/** Whoever receives webhooks has this long to take the next secret. */
export const RECEIVERS_MS = 24 * 60 * 60 * 1000;

/** The keys that the database keeps, wrapped under the operator's; each in all its versions. */
export class SecretKeys {
  private readonly rings: Readonly<Record<KeyName, KeyRing>>;
  private webhooksRenewedAt = 0;
  /** Encrypts provider secrets. */
  readonly box: SecretBox;
  readonly hasher: KeyHasher;

  constructor(
    private readonly database: Database,
    private readonly wrapper: KeyWrapper,
    rows: readonly WrappedKey[],
  ) {
    this.rings = { secrets: new KeyRing(), pepper: new KeyRing(), webhooks: new KeyRing() };
    this.take(rows);
    this.box = new SecretBox(this.rings.secrets);
    this.hasher = new KeyHasher(this.rings.pepper);
  }

  /** What webhooks are signed with: the newest, and the one before for as long as receivers have. */
  get webhookKeys(): readonly Uint8Array[] {
    const { webhooks } = this.rings;
    const most = Date.now() < this.webhooksRenewedAt + RECEIVERS_MS ? 2 : 1;
    return webhooks.versions.slice(0, most).flatMap((version) => webhooks.get(version) ?? []);
  }

  /** The newest version of a key. */
  versionOf(name: KeyName): number {
    return this.rings[name].current.version;
  }

  /**
   * Reads versions that another process made. @returns whether there were any
   * @throws WrongSecretKey when they are wrapped under another operator's key than this process has
   */
  async learn(): Promise<boolean> {
    return this.take(await this.database.read(loadWrappedKeys));
  }

  /**
   * Makes another version of a key, under which everything is from now on.
   *
   * @returns its number
   * @throws GatewayError `conflict` when this process does not have the key that the others are wrapped under
   */
  async renew(name: KeyName, note: AuditNote): Promise<number> {
    const row = await this.database.write(note, async (queries) => {
      const newest = await lockNewest(queries, name);
      this.guardWrapping(newest);
      const place = { name, version: newest.version + 1 };
      const wrapped = this.wrapper.wrap(place, randomBytes(32));
      return queries.wrappedKey.create({ data: { ...place, wrapped } });
    });
    this.take([row]);
    return row.version;
  }

  private take(rows: readonly WrappedKey[]): boolean {
    const fresh = rows.filter(({ name, version }) => this.rings[name as KeyName]?.has(version) === false);
    for (const row of fresh) {
      this.rings[row.name as KeyName].add(row.version, this.wrapper.unwrap(row).key);
      if (row.name === 'webhooks')
        this.webhooksRenewedAt = Math.max(this.webhooksRenewedAt, row.createdAt.getTime());
    }
    return fresh.length > 0;
  }

  /** A version under a key that the others have no more would end their next start. */
  private guardWrapping(newest: WrappedKey): void {
    if (!this.wrapper.isCurrent(newest)) {
      const message =
        'This gateway does not have the PLLM_SECRET_KEY of the database. Restart it with that first.';
      throw new GatewayError('conflict', { message });
    }
  }
}

/**
 * Unwraps the database's keys, and makes them at first boot. Of two processes that make them at once, both end
 * up with the same: the row that came first stays. What is wrapped under the operator's key before is rewrapped.
 *
 * @throws WrongSecretKey when they are wrapped under neither of the operator's keys
 */
export async function openSecretKeys(database: Database, keys: WrappingKeys): Promise<SecretKeys> {
  const wrapper = new KeyWrapper(keys);
  await database.read((queries) => makeMissing(queries, wrapper));
  await rewrapKeys(database, wrapper);
  return new SecretKeys(database, wrapper, await database.read(loadWrappedKeys));
}

async function makeMissing(queries: Queries, wrapper: KeyWrapper): Promise<void> {
  const there = new Set((await loadWrappedKeys(queries)).map(({ name }) => name));
  const data = KEY_NAMES.filter((name) => !there.has(name)).map((name) => ({
    name,
    version: 1,
    wrapped: wrapper.wrap({ name, version: 1 }, randomBytes(32)),
  }));
  if (data.length > 0) await queries.wrappedKey.createMany({ data, skipDuplicates: true });
}

export function loadWrappedKeys(queries: Queries): Promise<WrappedKey[]> {
  return queries.wrappedKey.findMany({ orderBy: [{ name: 'asc' }, { version: 'asc' }] });
}

/** Of two that renew at once, the second waits here, and finds the first one's. */
async function lockNewest(queries: Queries, name: KeyName): Promise<WrappedKey> {
  await queries.$executeRaw`SELECT pg_advisory_xact_lock(1347177549, 2)`;
  return queries.wrappedKey.findFirstOrThrow({ where: { name }, orderBy: { version: 'desc' } });
}

/**
 * Holds a version until the transaction ends, for what is written under it. A process that has not heard of the next
 * one would write what nobody opens once this one is gone.
 *
 * @throws GatewayError `service_unavailable` when it is
 */
export async function holdVersion(queries: Queries, name: KeyName, version: number): Promise<void> {
  const rows = await queries.$queryRaw<unknown[]>`
    SELECT 1 FROM wrapped_key WHERE name = ${name} AND version = ${version} FOR KEY SHARE`;
  if (rows.length > 0) return;
  const message = 'The keys of the database were rotated just now. Try again.';
  throw new GatewayError('service_unavailable', { message, retryAfter: 5 });
}
