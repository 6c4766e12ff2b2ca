import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Database } from './database.js';
import { countUnderOld, dropOldVersions, rehashKey, resealProviders } from './key-rotation.js';
import { createKey, updateKey } from './keys.js';
import { createProvider, openProviderSecrets, sealProviderSecrets } from './providers.js';
import { WrongSecretKey } from './secret-box.js';
import { openSecretKeys } from './secret-keys.js';
import type { KeyName, SecretKeys } from './secret-keys.js';

const SCHEMA = new URL('../../../prisma', import.meta.url).pathname;
/** The first opening makes the tables. */
const SECONDS = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'pllm-secret-keys-'));
const [one, two, three] = [randomBytes(32), randomBytes(32), randomBytes(32)];
let database: Database;

beforeAll(async () => {
  database = await Database.open({ url: undefined, dataDir: folder, schemaFolder: SCHEMA });
}, SECONDS);
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  await database.prisma.wrappedKey.deleteMany();
  await database.prisma.auditEntry.deleteMany();
  await database.prisma.provider.deleteMany();
  await database.prisma.key.deleteMany();
});

const open = (secretKey: Buffer, previousSecretKey?: Buffer) =>
  openSecretKeys(database, { secretKey, previousSecretKey });
const rowOf = (name: string) => ({ name, version: 1 });
const rewraps = () => database.prisma.auditEntry.findMany({ where: { action: 'rewrap' } });

describe('the keys of the database', () => {
  it('are made once, and found again', async () => {
    const [first, rival] = await Promise.all([open(one), open(one)]);
    const sealed = first.box.seal(Buffer.from('text'), 'here');
    for (const { box, hasher } of [rival, await open(one)]) {
      expect(box.open(sealed, 'here').toString()).toBe('text');
      expect(hasher.hash('secret')).toBe(first.hasher.hash('secret'));
    }
    expect(await rewraps()).toEqual([]);
  });

  it('are the same under another key, once it was given with the one before', async () => {
    const first = await open(one);
    const sealed = first.box.seal(Buffer.from('text'), 'here');
    await expect(open(two)).rejects.toThrow(WrongSecretKey);
    for (const keys of [await open(two, one), await open(two)]) {
      expect(keys.box.open(sealed, 'here').toString()).toBe('text');
      expect(keys.hasher.hash('secret')).toBe(first.hasher.hash('secret'));
    }
    await expect(open(one)).rejects.toThrow(WrongSecretKey);
    expect(await rewraps()).toMatchObject([
      { actor: 'gateway', objectType: 'wrapped_key', objectId: 'pepper,secrets,webhooks', changes: {} },
    ]);
  });

  it('are rewrapped once by processes that do so at once', async () => {
    const first = await open(one);
    const all = await Promise.all([open(two, one), open(two, one), open(two, one)]);
    for (const { hasher } of all) expect(hasher.hash('secret')).toBe(first.hasher.hash('secret'));
    expect(await rewraps()).toHaveLength(1);
  });

  it('are left as they are by a key that is neither', async () => {
    await open(one);
    const before = await database.prisma.wrappedKey.findMany();
    await expect(open(three, two)).rejects.toThrow(WrongSecretKey);
    expect(await database.prisma.wrappedKey.findMany()).toEqual(before);
  });

  it('are rewrapped whole when the power went between the two', async () => {
    const first = await open(one);
    const half = await database.prisma.wrappedKey.findUniqueOrThrow({
      where: { name_version: rowOf('pepper') },
    });
    await open(two, one);
    const { name, wrapped } = half;
    await database.prisma.wrappedKey.update({ where: { name_version: rowOf(name) }, data: { wrapped } });
    expect((await open(two, one)).hasher.hash('secret')).toBe(first.hasher.hash('secret'));
    await open(two);
  });

  it('do not open in the place of each other', async () => {
    await open(one);
    const { wrapped } = await database.prisma.wrappedKey.findUniqueOrThrow({
      where: { name_version: rowOf('pepper') },
    });
    await database.prisma.wrappedKey.update({ where: { name_version: rowOf('secrets') }, data: { wrapped } });
    await expect(open(one)).rejects.toThrow(WrongSecretKey);
  });
});

describe('a key of the database that is rotated', () => {
  const NOTE = {
    actor: 'master',
    requestId: 'req_1',
    action: 'rotate',
    objectType: 'wrapped_key',
    changes: {},
  };
  const renew = (keys: SecretKeys, name: KeyName) => keys.renew(name, { ...NOTE, objectId: name });
  const addProvider = (keys: SecretKeys, id: string) =>
    createProvider(database.prisma, {
      id,
      name: id,
      type: 'sandbox',
      baseUrl: 'http://x',
      sealed: sealProviderSecrets(keys.box, id, { apiKey: `key-of-${id}`, headers: {} }),
      timeouts: {},
      enabled: true,
    });
  const addKey = (keys: SecretKeys, secret: string) =>
    createKey(database.prisma, {
      id: `key_${secret}`,
      name: secret,
      role: 'member',
      hash: keys.hasher.hash(secret),
      prefix: 'sk',
      metadata: {},
    });
  const rows = () => database.prisma.wrappedKey.findMany({ orderBy: [{ name: 'asc' }, { version: 'asc' }] });
  const versions = async () => (await rows()).map(({ name, version }) => `${name} ${version}`);

  it('seals everything anew, and is gone when nothing is under it', async () => {
    const keys = await open(one);
    for (const id of ['a', 'b', 'c']) await addProvider(keys, id);
    const { updatedAt } = await database.prisma.provider.findUniqueOrThrow({ where: { id: 'a' } });
    expect(await renew(keys, 'secrets')).toBe(2);
    await addProvider(keys, 'd');
    expect(await countUnderOld(database.prisma, keys)).toEqual({ secrets: 3, pepper: 0, webhooks: 0 });
    expect(await dropOldVersions(database, keys, 0)).toBe(0);
    expect(await resealProviders(database, keys.box)).toBe(3);
    expect(await countUnderOld(database.prisma, keys)).toEqual({ secrets: 0, pepper: 0, webhooks: 0 });
    expect(await dropOldVersions(database, keys, 60_000)).toBe(0);
    expect(await dropOldVersions(database, keys, 0)).toBe(1);
    expect(await versions()).toEqual(['pepper 1', 'secrets 2', 'webhooks 1']);
    const { box } = await open(one);
    for (const row of await database.prisma.provider.findMany()) {
      expect(openProviderSecrets(box, row).apiKey).toBe(`key-of-${row.id}`);
      if (row.id === 'a') expect(row.updatedAt).toEqual(updatedAt);
    }
  });

  it('is learned by a process that did not hear of it; what that writes under one that is gone is refused', async () => {
    const keys = await open(one);
    const other = await open(one);
    await renew(keys, 'secrets');
    await renew(keys, 'pepper');
    const sealed = keys.box.seal(Buffer.from('text'), 'here');
    expect(other.box.knows(sealed)).toBe(false);
    expect(other.hasher.knows(keys.hasher.hash('x'))).toBe(false);
    await addProvider(other, 'under-old');
    await database.prisma.provider.deleteMany();
    await dropOldVersions(database, keys, 0);
    for (const late of [addProvider(other, 'late'), addKey(other, 'late')]) {
      await expect(late).rejects.toMatchObject({ code: 'service_unavailable', retryAfter: 5 });
    }
    expect(await other.learn()).toBe(true);
    expect(await other.learn()).toBe(false);
    expect(other.box.open(sealed, 'here').toString()).toBe('text');
    await addProvider(other, 'late');
    expect(await versions()).toEqual(['pepper 2', 'secrets 2', 'webhooks 1']);
  });

  it('is held for the hash before a rotation too', async () => {
    const keys = await open(one);
    await addKey(keys, 'old');
    await renew(keys, 'pepper');
    const [hash = '', previousHash = ''] = keys.hasher.hashes('old');
    await rehashKey(database, 'key_old', previousHash, hash);
    await dropOldVersions(database, keys, 0);
    const late = updateKey(database.prisma, 'key_old', { hash: keys.hasher.hash('new'), previousHash });
    await expect(late).rejects.toMatchObject({ code: 'service_unavailable' });
    await updateKey(database.prisma, 'key_old', { hash: keys.hasher.hash('new'), previousHash: hash });
  });

  it('hashes a key anew when it is met, unless it was changed meanwhile', async () => {
    const keys = await open(one);
    for (const secret of ['met', 'changed', 'revoked']) await addKey(keys, secret);
    await updateKey(database.prisma, 'key_revoked', { revokedAt: new Date() });
    const old = keys.hasher.hash('met');
    await renew(keys, 'pepper');
    expect(keys.hasher.hashes('met')).toEqual([keys.hasher.hash('met'), old]);
    expect(keys.hasher.hash('met')).toMatch(/^2\.[0-9a-f]{64}$/);
    expect(await countUnderOld(database.prisma, keys)).toMatchObject({ pepper: 2 });
    await rehashKey(database, 'key_met', old, keys.hasher.hash('met'));
    const [, changed = ''] = keys.hasher.hashes('changed');
    await updateKey(database.prisma, 'key_changed', { hash: keys.hasher.hash('new') });
    await rehashKey(database, 'key_changed', changed, keys.hasher.hash('changed'));
    const hashes = (await database.prisma.key.findMany({ orderBy: { id: 'asc' } })).map(({ hash }) => hash);
    expect(hashes.slice(0, 2)).toEqual([keys.hasher.hash('new'), keys.hasher.hash('met')]);
    expect(await countUnderOld(database.prisma, keys)).toMatchObject({ pepper: 0 });
  });

  it('signs webhooks beside the one before, until receivers had a day', async () => {
    const keys = await open(one);
    const [before] = keys.webhookKeys;
    expect(await renew(keys, 'webhooks')).toBe(2);
    expect(keys.webhookKeys[1]).toEqual(before);
    expect(await dropOldVersions(database, keys, 0)).toBe(0);
    expect((await open(one)).webhookKeys).toEqual(keys.webhookKeys);
    await database.prisma.wrappedKey.updateMany({ data: { createdAt: new Date('2026-01-01') } });
    expect((await open(one)).webhookKeys).toEqual([keys.webhookKeys[0]]);
    expect(await dropOldVersions(database, keys, 0)).toBe(1);
    expect((await open(one)).webhookKeys).toEqual([keys.webhookKeys[0]]);
  });

  it('is not made by a process that has another PLLM_SECRET_KEY than the database', async () => {
    const keys = await open(one);
    await open(two, one);
    await expect(renew(keys, 'secrets')).rejects.toMatchObject({ code: 'conflict' });
    expect(await renew(await open(two), 'secrets')).toBe(2);
  });
});
