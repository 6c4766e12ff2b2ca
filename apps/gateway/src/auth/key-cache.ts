import { hash, timingSafeEqual } from 'node:crypto';
import { GatewayError } from '#contract';
import type { Database, Key, Queries, SecretKeys } from '#persistence';
import { findKey, findKeyByHash, loadKeys, WrongSecretKey } from '#persistence';
import type { Caller } from './caller.js';
import { MASTER, makeCaller } from './make-caller.js';
import { Rehasher } from './rehasher.js';
import type { TeamRegistry } from './team-registry.js';
import { WatchedBudgets } from './watched-budgets.js';

interface Entry {
  readonly caller: Caller;
  /** Milliseconds; never: Infinity. */
  readonly goodUntil: number;
}

const MASTER_ENTRY: Entry = { caller: MASTER, goodUntil: Infinity };

/** Keys that were presented and are known, by digest; past this many the map starts anew. */
const MOST_DIGESTS = 200_000;
/** Unknown keys, so that a client with a bad key does not ask the database each time. */
const MOST_UNKNOWN = 10_000;
const UNKNOWN_FOR_MS = 1_000;
/** A flood of random keys may not take all connections to the database. */
const MOST_LOOKUPS = 20;
/** A client waits for this question; a database that is slower is as good as away. */
const LOOKUP_MS = 900;
/** A process in which keys change all the time reads no more often than this. */
const MOST_READS = 3;

/**
 * Every key in memory, so that a known caller needs no database. A presented key is looked up by its whole SHA-256
 * digest; only at first sight is it hashed under the pepper. A key that is not here may have been made by another
 * process on the same database: that one question goes there.
 */
export class KeyCache {
  private byHash = new Map<string, Entry>();
  /** The hashes of each key, by its id. */
  private hashes = new Map<string, string[]>();
  /** Counts changes, so that what was read before one is not taken for what came after it. */
  private edition = 0;
  readonly watched = new WatchedBudgets();
  private readonly byDigest = new Map<string, Entry>();
  private readonly unknown = new Map<string, number>();
  private readonly masterDigest: Buffer;
  /** The database is asked for these keys, by digest. */
  private readonly lookups = new Map<string, Promise<Entry | undefined>>();
  private readonly rehasher: Rehasher;

  constructor(
    private readonly database: Database,
    private readonly secrets: Pick<SecretKeys, 'hasher' | 'learn'>,
    masterKey: string,
    private readonly teams: Pick<TeamRegistry, 'meet' | 'referTo'>,
  ) {
    this.rehasher = new Rehasher(database);
    this.masterDigest = Buffer.from(hash('sha256', masterKey), 'hex');
  }

  /** How many keys are known. */
  get size(): number {
    return this.hashes.size;
  }

  async load(): Promise<void> {
    const keys = await this.settled(async () => {
      const rows = await this.database.read(loadKeys);
      await this.teams.meet(rows.map(({ teamId }) => teamId));
      return rows;
    });
    this.byHash = new Map();
    this.hashes = new Map();
    this.watched.clear();
    for (const key of keys) this.put(key);
    this.forgetPresented();
    await this.learnPeppers(keys);
  }

  /** Another process made, changed or took away these keys. */
  async reread(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const key = await this.read((queries) => findKey(queries, id));
      // First: a key that was revoked is not good until its pepper can be read.
      this.replace(id, key);
      if (key) await this.learnPeppers([key]);
    }
  }

  /** A key was made, changed or taken away: forget what was known of it. */
  replace(id: string, key: Key | null): void {
    this.edition++;
    this.drop(id);
    if (key) this.put(key);
    this.forgetPresented();
  }

  /** Who presents `secret`, where that was found before; undefined: `identify` must say. */
  recall(secret: string): Caller | undefined {
    const entry = this.byDigest.get(hash('sha256', secret));
    return entry && entry.goodUntil > Date.now() ? entry.caller : undefined;
  }

  /** Who presents `secret`? @throws GatewayError `invalid_api_key`, or `service_unavailable` when it cannot be known */
  async identify(secret: string): Promise<Caller> {
    const digest = hash('sha256', secret);
    const entry = this.byDigest.get(digest) ?? (await this.meet(secret, digest));
    if (entry.goodUntil <= Date.now()) throw new GatewayError('invalid_api_key');
    return entry.caller;
  }

  private async meet(secret: string, digest: string): Promise<Entry> {
    if (timingSafeEqual(Buffer.from(digest, 'hex'), this.masterDigest))
      return this.remember(digest, MASTER_ENTRY);
    if ((this.unknown.get(digest) ?? 0) > Date.now()) throw new GatewayError('invalid_api_key');
    const entry = this.findUnder(secret) ?? (await this.lookUp(secret, digest));
    if (entry) return this.remember(digest, entry);
    if (this.unknown.size >= MOST_UNKNOWN) this.unknown.clear();
    this.unknown.set(digest, Date.now() + UNKNOWN_FOR_MS);
    throw new GatewayError('invalid_api_key');
  }

  /** By its hash under each pepper, the newest first; one that is known under an older is hashed anew. */
  private findUnder(secret: string): Entry | undefined {
    const hashes = this.secrets.hasher.hashes(secret);
    const [newest = ''] = hashes;
    const known = hashes.find((each) => this.byHash.has(each));
    if (known === undefined) return undefined;
    const entry = this.byHash.get(known);
    const id = entry?.caller.keyId;
    if (known !== newest && id) this.rehasher.rehash(id, known, newest, () => this.rename(id, known, newest));
    return entry;
  }

  /** Whoever presents the same key at the same time waits for the same answer. */
  private async lookUp(secret: string, digest: string): Promise<Entry | undefined> {
    // Nobody else writes to an embedded database.
    if (this.database.kind === 'embedded') return undefined;
    const asked = this.lookups.get(digest);
    if (asked) return asked;
    if (this.lookups.size >= MOST_LOOKUPS) throw new GatewayError('service_unavailable', { retryAfter: 1 });
    const lookup = this.fetch(secret).finally(() => this.lookups.delete(digest));
    this.lookups.set(digest, lookup);
    return lookup;
  }

  private async fetch(secret: string): Promise<Entry | undefined> {
    const { hasher } = this.secrets;
    // A gateway that has another pepper may have made it.
    const key =
      (await this.ask(hasher.hashes(secret))) ??
      ((await this.learn()) ? await this.ask(hasher.hashes(secret)) : null);
    if (key) this.replace(key.id, key);
    return key ? this.findUnder(secret) : undefined;
  }

  /** A key, whose team is known then. */
  private read(find: (queries: Queries) => Promise<Key | null>): Promise<Key | null> {
    return this.settled(async () => {
      const key = await this.database.read(find, LOOKUP_MS);
      if (key) await this.teams.meet([key.teamId], LOOKUP_MS);
      return key;
    });
  }

  private async ask(hashes: readonly string[]): Promise<Key | null> {
    for (const each of hashes) {
      const key = await this.read((queries) => findKeyByHash(queries, each));
      if (key) return key;
    }
    return null;
  }

  private async learnPeppers(keys: readonly Key[]): Promise<void> {
    if (!keys.every(({ hash }) => this.secrets.hasher.knows(hash))) await this.learn();
  }

  /** @throws GatewayError `service_unavailable` for a pepper under a secret key that this process was not given */
  private async learn(): Promise<boolean> {
    try {
      return await this.secrets.learn();
    } catch (cause) {
      if (!(cause instanceof WrongSecretKey)) throw cause;
      throw new GatewayError('service_unavailable', { retryAfter: 5, cause });
    }
  }

  private rename(id: string, from: string, to: string): void {
    const entry = this.byHash.get(from);
    const hashes = this.hashes.get(id);
    if (!entry || !hashes?.includes(from)) return;
    this.byHash.delete(from);
    this.byHash.set(to, entry);
    this.hashes.set(
      id,
      hashes.map((each) => (each === from ? to : each)),
    );
  }

  /** Reads again what was read while something changed: it may be from before. */
  private async settled<T>(read: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const { edition } = this;
      const result = await read();
      if (edition === this.edition || attempt >= MOST_READS) return result;
    }
  }

  private put(key: Key): void {
    this.watched.put({ ...key, kind: 'key' });
    const entries = entriesOf(key, this.teams);
    for (const [keyHash, entry] of entries) this.byHash.set(keyHash, entry);
    this.hashes.set(
      key.id,
      entries.map(([keyHash]) => keyHash),
    );
  }

  private drop(id: string): void {
    for (const keyHash of this.hashes.get(id) ?? []) this.byHash.delete(keyHash);
    this.hashes.delete(id);
    this.watched.delete(id);
  }

  private forgetPresented(): void {
    this.byDigest.clear();
    this.unknown.clear();
  }

  private remember(digest: string, entry: Entry): Entry {
    if (this.byDigest.size >= MOST_DIGESTS) this.byDigest.clear();
    this.byDigest.set(digest, entry);
    return entry;
  }
}

/** The hashes a key answers to: its own and, for the time of grace after a rotation, the one before. */
function entriesOf(key: Key, teams: Pick<TeamRegistry, 'referTo'>): [string, Entry][] {
  const caller = makeCaller(key, teams);
  const goodUntil = key.revokedAt ? 0 : (key.expiresAt?.getTime() ?? Infinity);
  const entries: [string, Entry][] = [[key.hash, { caller, goodUntil }]];
  if (key.previousHash && key.previousExpiresAt) {
    const graceEnds = Math.min(goodUntil, key.previousExpiresAt.getTime());
    entries.push([key.previousHash, { caller, goodUntil: graceEnds }]);
  }
  return entries;
}
