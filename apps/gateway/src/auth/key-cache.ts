import { hash, timingSafeEqual } from 'node:crypto';
import { GatewayError, limitSubject } from '#contract';
import type { LimitSubject, RateLimits } from '#contract';
import { callerBudgets } from '#metering';
import type { CallerBudgets } from '#metering';
import type { Database, Key, SecretKeys } from '#persistence';
import { findKey, findKeyByHash, loadKeys } from '#persistence';
import { compileGlob } from '#routing';
import type { Caller, Role } from './caller.js';

interface Entry {
  readonly caller: Caller;
  /** Milliseconds; never: Infinity. */
  readonly goodUntil: number;
}

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
  private readonly byDigest = new Map<string, Entry>();
  private readonly unknown = new Map<string, number>();
  private readonly masterDigest: Buffer;
  private readonly master: Entry;
  private lookups = 0;

  constructor(
    private readonly database: Database,
    private readonly secrets: Pick<SecretKeys, 'hasher'>,
    masterKey: string,
  ) {
    this.masterDigest = Buffer.from(hash('sha256', masterKey), 'hex');
    this.master = {
      caller: makeCaller({ keyId: null, teamId: null, role: 'master', models: [] }),
      goodUntil: Infinity,
    };
  }

  /** How many keys are known. */
  get size(): number {
    return this.hashes.size;
  }

  async load(): Promise<void> {
    const keys = await this.settled(() => this.database.read(loadKeys));
    this.byHash = new Map();
    this.hashes = new Map();
    for (const key of keys) this.put(key);
    this.forgetPresented();
  }

  /** Another process made, changed or took away these keys. */
  async reread(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const key = await this.settled(() => this.database.read((queries) => findKey(queries, id), LOOKUP_MS));
      this.replace(id, key);
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
      return this.remember(digest, this.master);
    if ((this.unknown.get(digest) ?? 0) > Date.now()) throw new GatewayError('invalid_api_key');
    const keyHash = this.secrets.hasher.hash(secret);
    const entry = this.byHash.get(keyHash) ?? (await this.lookUp(keyHash));
    if (entry) return this.remember(digest, entry);
    if (this.unknown.size >= MOST_UNKNOWN) this.unknown.clear();
    this.unknown.set(digest, Date.now() + UNKNOWN_FOR_MS);
    throw new GatewayError('invalid_api_key');
  }

  private async lookUp(keyHash: string): Promise<Entry | undefined> {
    // Nobody else writes to an embedded database.
    if (this.database.kind === 'embedded') return undefined;
    if (this.lookups >= MOST_LOOKUPS) throw new GatewayError('service_unavailable', { retryAfter: 1 });
    this.lookups++;
    try {
      const key = await this.settled(() =>
        this.database.read((queries) => findKeyByHash(queries, keyHash), LOOKUP_MS),
      );
      if (key) this.replace(key.id, key);
      return key ? this.byHash.get(keyHash) : undefined;
    } finally {
      this.lookups--;
    }
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
    const entries = entriesOf(key);
    for (const [keyHash, entry] of entries) this.byHash.set(keyHash, entry);
    this.hashes.set(
      key.id,
      entries.map(([keyHash]) => keyHash),
    );
  }

  private drop(id: string): void {
    for (const keyHash of this.hashes.get(id) ?? []) this.byHash.delete(keyHash);
    this.hashes.delete(id);
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
function entriesOf(key: Key): [string, Entry][] {
  const caller = makeCaller({
    keyId: key.id,
    teamId: key.teamId,
    role: key.role as Role,
    models: key.models,
    limited: limitedOf(key),
    budgets: budgetsOf(key),
  });
  const goodUntil = key.revokedAt ? 0 : (key.expiresAt?.getTime() ?? Infinity);
  const entries: [string, Entry][] = [[key.hash, { caller, goodUntil }]];
  if (key.previousHash && key.previousExpiresAt) {
    const graceEnds = Math.min(goodUntil, key.previousExpiresAt.getTime());
    entries.push([key.previousHash, { caller, goodUntil: graceEnds }]);
  }
  return entries;
}

function limitedOf({ id, limits }: Key): LimitSubject | undefined {
  return limitSubject('key', id, limits as RateLimits);
}

/** The key's own; its team's stand beside it in the list. */
function budgetsOf({ id, budget, endUserBudget }: Key): CallerBudgets | undefined {
  return callerBudgets([{ kind: 'key', id, budget, endUserBudget }]);
}

interface CallerFacts extends Pick<Caller, 'keyId' | 'teamId' | 'role' | 'limited' | 'budgets'> {
  readonly models: readonly string[];
}

function makeCaller({ keyId, teamId, role, models, limited, budgets }: CallerFacts): Caller {
  const globs = models.map(compileGlob);
  const mayCallAny = globs.length === 0;
  return {
    keyId,
    teamId,
    name: keyId ?? 'master',
    role,
    limited,
    budgets,
    mayCall: (model) => role !== 'viewer' && (mayCallAny || globs.some((matches) => matches(model))),
  };
}
