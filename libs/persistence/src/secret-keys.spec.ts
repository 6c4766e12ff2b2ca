import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Database } from './database.js';
import { WrongSecretKey } from './secret-box.js';
import { openSecretKeys } from './secret-keys.js';

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
});

const open = (secretKey: Buffer, previousSecretKey?: Buffer) =>
  openSecretKeys(database, { secretKey, previousSecretKey });
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
      { actor: 'gateway', objectType: 'wrapped_key', objectId: 'pepper,secrets', changes: {} },
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
    const half = await database.prisma.wrappedKey.findUniqueOrThrow({ where: { name: 'pepper' } });
    await open(two, one);
    const { name, wrapped } = half;
    await database.prisma.wrappedKey.update({ where: { name }, data: { wrapped } });
    expect((await open(two, one)).hasher.hash('secret')).toBe(first.hasher.hash('secret'));
    await open(two);
  });

  it('do not open in the place of each other', async () => {
    await open(one);
    const { wrapped } = await database.prisma.wrappedKey.findUniqueOrThrow({ where: { name: 'pepper' } });
    await database.prisma.wrappedKey.update({ where: { name: 'secrets' }, data: { wrapped } });
    await expect(open(one)).rejects.toThrow(WrongSecretKey);
  });
});
