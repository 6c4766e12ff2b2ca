import { beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '#contract';
import type { Database, Key, Queries, TeamRow } from '#persistence';
import { KeyHasher, KeyRing, WrongSecretKey } from '#persistence';
import { madeTeam } from '../../../../test/support/made-team.js';
import { KeyCache } from './key-cache.js';
import { TeamRegistry } from './team-registry.js';

const hasher = new KeyHasher(Buffer.alloc(32, 9));
const MASTER = 'the-master-key';

function makeKey(secret: string, rest: Partial<Key> = {}): Key {
  return {
    id: `key_${secret}`,
    name: secret,
    role: 'member',
    hash: hasher.hash(secret),
    prefix: 'sk-',
    teamId: null,
    models: [],
    allowedIps: [],
    limits: {},
    budget: {},
    endUserBudget: {},
    metadata: {},
    expiresAt: null,
    revokedAt: null,
    revokedReason: null,
    previousHash: null,
    previousExpiresAt: null,
    createdAt: new Date(),
    updatedAt: new Date(),
    ...rest,
  };
}

let stored: Key[];
let teams: TeamRow[];
const findFirst = vi.fn(async ({ where }: { where: { OR: { hash?: string }[] } }) => {
  return stored.find((key) => key.hash === where.OR[0]?.hash) ?? null;
});

const findUnique = vi.fn(async ({ where }: { where: { id: string } }) => {
  return stored.find((key) => key.id === where.id) ?? null;
});

async function makeCache(kind: Database['kind'] = 'embedded'): Promise<KeyCache> {
  const queries = {
    key: { findMany: () => stored, findFirst, findUnique },
    team: { findMany: async () => [...teams] },
  };
  const read = async <T>(query: (queries: Queries) => Promise<T>) => query(queries as unknown as Queries);
  const database = { kind, read } as unknown as Database;
  const secrets = { hasher, learn: async () => false };
  const cache = new KeyCache(database, secrets, MASTER, new TeamRegistry(database));
  await cache.load();
  return cache;
}

const later = (ms: number): Date => new Date(Date.now() + ms);

const refused = (cache: KeyCache, secret: string) =>
  expect(cache.identify(secret)).rejects.toMatchObject({ code: 'invalid_api_key' });

beforeEach(() => {
  stored = [];
  teams = [];
  findFirst.mockReset();
  findFirst.mockImplementation(
    async ({ where }) => stored.find((key) => key.hash === where.OR[0]?.hash) ?? null,
  );
});

describe('KeyCache', () => {
  it('knows the master, who may call everything', async () => {
    const caller = await (await makeCache()).identify(MASTER);
    expect(caller).toMatchObject({ keyId: null, role: 'master', name: 'master' });
    expect(caller.mayCall('anything')).toBe(true);
  });

  it('knows a key by its whole secret', async () => {
    stored = [makeKey('alpha')];
    const cache = await makeCache();
    expect((await cache.identify('alpha')).keyId).toBe('key_alpha');
    expect(await cache.identify('alpha')).toBe(await cache.identify('alpha'));
    await refused(cache, 'alph');
    await refused(cache, 'alphaa');
    await refused(cache, '');
  });

  it('keeps a key to its models', async () => {
    stored = [makeKey('some', { models: ['gpt-*', 'plain'] }), makeKey('looks', { role: 'viewer' })];
    const cache = await makeCache();
    const some = await cache.identify('some');
    expect(['gpt-4', 'plain', 'plainer', 'my-gpt-4'].map((name) => some.mayCall(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect((await cache.identify('looks')).mayCall('gpt-4')).toBe(false);
  });

  it.each<[boolean, Partial<Key>]>([
    [false, { limits: { rpm: 1 }, expiresAt: later(60_000), allowedIps: ['10.0.0.0/8'] }],
    [false, { models: ['a', '**'] }],
    [true, { models: ['a*'] }],
    [true, { teamId: 'team_1' }],
    [true, { budget: { usd: '1', period: 'day' } }],
    [true, { endUserBudget: { usd: '1', period: 'day' } }],
  ])('tells whether a key has a scope that could be widened: %s, %j', async (isScoped, fields) => {
    stored = [makeKey('admin', { role: 'admin', ...fields })];
    const cache = await makeCache();
    expect(await cache.identify('admin')).toMatchObject({ isScoped });
    expect(await cache.identify(MASTER)).toMatchObject({ isScoped: false });
  });

  it('knows whose budgets the calls of a key count against', async () => {
    const budget = { usd: '2', period: 'day', mode: 'balanced' };
    stored = [makeKey('paid', { budget, endUserBudget: { usd: '1', period: 'week' } }), makeKey('free')];
    const cache = await makeCache();
    expect((await cache.identify('free')).budgets).toBeUndefined();
    expect((await cache.identify(MASTER)).budgets).toBeUndefined();
    expect((await cache.identify('paid')).budgets).toEqual({
      own: [{ kind: 'key', id: 'key_paid', limitNanos: 2e9, period: 'day', mode: 'balanced' }],
      ofEndUsers: [
        { kind: 'end_user', id: 'key:key_paid/', limitNanos: 1e9, period: 'week', mode: 'strict' },
      ],
    });
  });

  it('refuses what is revoked or expired, also when it was known a moment ago', async () => {
    const key = makeKey('short', { expiresAt: later(400) });
    stored = [key, makeKey('gone', { revokedAt: new Date() })];
    const cache = await makeCache();
    await refused(cache, 'gone');
    await cache.identify('short');
    await vi.waitFor(() => refused(cache, 'short'));
    const kept = makeKey('kept');
    cache.replace(kept.id, kept);
    await cache.identify('kept');
    cache.replace(kept.id, { ...kept, revokedAt: new Date() });
    await refused(cache, 'kept');
  });

  it('knows a new key at once, though it was unknown before', async () => {
    const cache = await makeCache();
    await refused(cache, 'fresh');
    cache.replace('key_fresh', makeKey('fresh'));
    expect((await cache.identify('fresh')).keyId).toBe('key_fresh');
    cache.replace('key_fresh', null);
    await refused(cache, 'fresh');
  });

  it('knows the secret before a rotation for the time of grace', async () => {
    const previousHash = hasher.hash('old');
    stored = [
      makeKey('new', { previousHash, previousExpiresAt: later(60_000) }),
      makeKey('other', { previousHash: hasher.hash('late'), previousExpiresAt: later(-1) }),
    ];
    const cache = await makeCache();
    expect((await cache.identify('old')).keyId).toBe('key_new');
    expect((await cache.identify('new')).keyId).toBe('key_new');
    await refused(cache, 'late');
  });

  it('asks nobody about an unknown key on an embedded database', async () => {
    await refused(await makeCache(), 'who');
    expect(findFirst).not.toHaveBeenCalled();
  });

  it('asks Postgres once: another process may have made the key', async () => {
    const cache = await makeCache('postgres');
    stored = [makeKey('elsewhere')];
    expect((await cache.identify('elsewhere')).keyId).toBe('key_elsewhere');
    await cache.identify('elsewhere');
    await refused(cache, 'who');
    await refused(cache, 'who');
    expect(findFirst).toHaveBeenCalledTimes(2);
  });

  it('knows the team of a key that another process made, before there are news of it', async () => {
    const cache = await makeCache('postgres');
    teams = [madeTeam('team_new')];
    stored = [makeKey('found', { teamId: 'team_new' })];
    expect(await cache.identify('found')).toMatchObject({ teamId: 'team_new', isOrphan: false });
    teams.push(madeTeam('team_newer'));
    stored.push(makeKey('told', { teamId: 'team_newer' }));
    await cache.reread(['key_told']);
    expect((await cache.identify('told')).isOrphan).toBe(false);
    teams.push(madeTeam('team_newest'));
    stored.push(makeKey('loaded', { teamId: 'team_newest' }));
    await cache.load();
    expect((await cache.identify('loaded')).isOrphan).toBe(false);
  });

  it('says 503, not 401, when it cannot know', async () => {
    const cache = await makeCache('postgres');
    findFirst.mockRejectedValueOnce(new GatewayError('service_unavailable'));
    await expect(cache.identify('who')).rejects.toMatchObject({ code: 'service_unavailable' });
  });

  it('does not let a flood of unknown keys take the database', async () => {
    const cache = await makeCache('postgres');
    findFirst.mockImplementation(() => new Promise((resolve) => setTimeout(() => resolve(null), 20)));
    const codes = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        cache.identify(`random-${index}`).catch((error: GatewayError) => error.code),
      ),
    );
    expect(codes.filter((code) => code === 'invalid_api_key')).toHaveLength(20);
    expect(codes.filter((code) => code === 'service_unavailable')).toHaveLength(30);
  });

  it('asks once for one unknown key that many present at the same time', async () => {
    const cache = await makeCache('postgres');
    await Promise.all(Array.from({ length: 50 }, () => refused(cache, 'wrong')));
    expect(findFirst).toHaveBeenCalledTimes(1);
    await refused(cache, 'another');
    expect(findFirst).toHaveBeenCalledTimes(2);
  });

  it('rereads what another process changed, made or took away', async () => {
    stored = [makeKey('kept'), makeKey('gone'), makeKey('turned')];
    const cache = await makeCache('postgres');
    for (const { name } of stored) await cache.identify(name);
    await refused(cache, 'made');
    stored = [
      makeKey('kept', { revokedAt: new Date() }),
      makeKey('turned', { hash: hasher.hash('turned again') }),
      makeKey('made'),
    ];
    await cache.reread(['key_kept', 'key_gone', 'key_turned', 'key_made']);
    for (const secret of ['kept', 'gone', 'turned']) await refused(cache, secret);
    expect((await cache.identify('turned again')).keyId).toBe('key_turned');
    expect((await cache.identify('made')).keyId).toBe('key_made');
    expect(cache.size).toBe(3);
  });

  it('does not take what it read before a change for what came after it', async () => {
    stored = [makeKey('kept')];
    const cache = await makeCache('postgres');
    const [old] = stored;
    stored = [makeKey('kept', { revokedAt: new Date() })];
    findUnique.mockImplementationOnce(async () => {
      cache.replace('key_kept', stored[0] as Key);
      return old as Key;
    });
    await cache.reread(['key_kept']);
    await refused(cache, 'kept');
  });

  it('lets a key of a team that is nowhere call nothing', async () => {
    stored = [makeKey('lost', { teamId: 'team_gone' }), makeKey('undeclared', { teamId: 'file:gone' })];
    const cache = await makeCache();
    for (const { name, teamId } of stored) {
      const caller = await cache.identify(name);
      expect(caller).toMatchObject({ teamId, isOrphan: true });
      expect(caller.mayCall('anything')).toBe(false);
    }
  });
});

describe('another pepper', () => {
  const run = vi.fn<(sql: string, values: readonly unknown[]) => Promise<number>>(async () => 1);

  /** A process that has the first pepper, and learns the second when it asks. */
  async function makeOther(kind: Database['kind'], knowsBoth: boolean) {
    const ring = new KeyRing(Buffer.alloc(32, 9));
    const learn = vi.fn(async () => {
      const isNew = !ring.has(2);
      ring.add(2, Buffer.alloc(32, 8));
      return isNew;
    });
    if (knowsBoth) await learn();
    const queries = { key: { findMany: () => stored, findFirst, findUnique } };
    const read = async <T>(query: (queries: Queries) => Promise<T>) => query(queries as unknown as Queries);
    const secrets = { hasher: new KeyHasher(ring), learn };
    const database = { kind, read, run } as unknown as Database;
    const cache = new KeyCache(database, secrets, MASTER, new TeamRegistry(database));
    await cache.load();
    return { cache, learn };
  }
  const both = new KeyRing(Buffer.alloc(32, 9));
  both.add(2, Buffer.alloc(32, 8));
  const newHash = (secret: string): string => new KeyHasher(both).hash(secret);

  beforeEach(() => void run.mockClear());

  it('hashes what was known under the one before anew, once', async () => {
    stored = [makeKey('old'), makeKey('new', { hash: newHash('new') })];
    const { cache } = await makeOther('embedded', true);
    for (const secret of ['old', 'new', 'old']) {
      expect((await cache.identify(secret)).keyId).toBe(`key_${secret}`);
    }
    await vi.waitFor(() => expect(run).toHaveBeenCalledTimes(1));
    expect(run.mock.calls[0]?.[1]).toEqual(['key_old', hasher.hash('old'), newHash('old'), 2]);
    await new Promise(setImmediate);
    cache.replace('key_else', makeKey('else'));
    expect((await cache.identify('old')).keyId).toBe('key_old');
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('is learned when a key is read, or asked for, that is under it', async () => {
    stored = [makeKey('new', { hash: newHash('new') })];
    const loaded = await makeOther('postgres', false);
    expect(loaded.learn).toHaveBeenCalledTimes(1);
    expect((await loaded.cache.identify('new')).keyId).toBe('key_new');
    stored = [];
    const asked = await makeOther('postgres', false);
    stored = [makeKey('new', { hash: newHash('new') })];
    expect((await asked.cache.identify('new')).keyId).toBe('key_new');
    await refused(asked.cache, 'nobody');
  });

  it('that cannot be read keeps no key alive that was revoked, and is no 401 for one that may be good', async () => {
    const wrong = new WrongSecretKey('wrapped_key:pepper:2');
    stored = [makeKey('leaked'), makeKey('reloaded')];
    const { cache, learn } = await makeOther('postgres', false);
    for (const { name } of stored) await cache.identify(name);
    learn.mockRejectedValue(wrong);
    stored = stored.map((key) => ({ ...key, hash: newHash(key.name), revokedAt: new Date() }));
    const unavailable = { code: 'service_unavailable', cause: wrong };
    await expect(cache.reread(['key_leaked'])).rejects.toMatchObject(unavailable);
    await expect(cache.identify('leaked')).rejects.toMatchObject(unavailable);
    expect(cache.recall('leaked')).toBeUndefined();
    await cache.identify('reloaded');
    await expect(cache.load()).rejects.toMatchObject(unavailable);
    expect(cache.recall('reloaded')).toBeUndefined();
  });
});
