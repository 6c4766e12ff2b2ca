import { beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '#contract';
import type { Database, Key, Queries } from '#persistence';
import { KeyHasher } from '#persistence';
import { KeyCache } from './key-cache.js';

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
const findFirst = vi.fn(async ({ where }: { where: { OR: { hash?: string }[] } }) => {
  return stored.find((key) => key.hash === where.OR[0]?.hash) ?? null;
});

const findUnique = vi.fn(async ({ where }: { where: { id: string } }) => {
  return stored.find((key) => key.id === where.id) ?? null;
});

async function makeCache(kind: Database['kind'] = 'embedded'): Promise<KeyCache> {
  const queries = { key: { findMany: () => stored, findFirst, findUnique } };
  const read = async <T>(query: (queries: Queries) => Promise<T>) => query(queries as unknown as Queries);
  const cache = new KeyCache({ kind, read } as unknown as Database, { hasher }, MASTER);
  await cache.load();
  return cache;
}

const later = (ms: number): Date => new Date(Date.now() + ms);

const refused = (cache: KeyCache, secret: string) =>
  expect(cache.identify(secret)).rejects.toMatchObject({ code: 'invalid_api_key' });

beforeEach(() => {
  stored = [];
  findFirst.mockClear();
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
    const key = makeKey('short', { expiresAt: later(40) });
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
});
