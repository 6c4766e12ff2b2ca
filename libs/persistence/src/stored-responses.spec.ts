import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from './database.js';
import {
  deleteResponse,
  findResponse,
  insertResponse,
  readTurns,
  sweepResponses,
} from './stored-responses.js';
import type { StoredResponse } from './stored-responses.js';

const SCHEMA = new URL('../../../prisma', import.meta.url).pathname;
/** The first opening makes the tables. */
const SECONDS = 60_000;
const NOW = new Date('2026-11-26T12:00:00.000Z');
const LIMITS = { turns: 3, bytes: 1_000 };
const at = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);

const folder = mkdtempSync(join(tmpdir(), 'pllm-responses-'));
let database: Database;

beforeAll(async () => {
  database = await Database.open({ url: undefined, dataDir: folder, schemaFolder: SCHEMA });
}, SECONDS);
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

const keep = (row: Partial<StoredResponse>): Promise<void> =>
  insertResponse(database, {
    keyId: 'k',
    id: 'a',
    createdAt: NOW,
    expiresAt: at(60),
    providerId: null,
    previousId: null,
    input: '[]',
    response: '{}',
    ...row,
  });
const find = (keyId: string, id: string, now = NOW) =>
  database.read((queries) => findResponse(queries, { keyId, id }, now));
const turns = async (keyId: string, id: string, limits = LIMITS, now = NOW) => {
  const found = await database.read((queries) => readTurns(queries, { keyId, id }, now, limits));
  return { ...found, rows: found.rows.map((row) => row.id) };
};

describe('a response', () => {
  it('comes back as it was, every digit and escape of it', async () => {
    const row = {
      keyId: 'k',
      id: 'exact',
      providerId: 'p',
      previousId: 'x',
      input: '[{"content":"\\u0000 \\ud800 ß"}]',
      response: '{ "a":12345678901234567890, "b":1.50, "a":1 }',
    };
    await keep(row);
    expect(await find('k', 'exact')).toMatchObject({ ...row, createdAt: NOW, expiresAt: at(60) });
  });

  it('is its key’s, and the same id may be another’s', async () => {
    await keep({ keyId: 'one', id: 'same', response: '1' });
    await keep({ keyId: '', id: 'same', response: '2' });
    expect((await find('one', 'same'))?.response).toBe('1');
    expect((await find('', 'same'))?.response).toBe('2');
    expect(await find('two', 'same')).toBeNull();
    const remove = (keyId: string) =>
      database.read((queries) => deleteResponse(queries, { keyId, id: 'same' }, NOW));
    expect([await remove('two'), await remove('one'), await remove('one')]).toEqual([false, true, false]);
    expect((await find('', 'same'))?.response).toBe('2');
  });

  it('that comes a second time under its id stays', async () => {
    await keep({ id: 'twice', response: '1' });
    await keep({ id: 'twice', response: '2' });
    expect((await find('k', 'twice'))?.response).toBe('2');
  });

  it('is found until it expires, and is swept then, with as many as there are', async () => {
    await keep({ id: 'short', expiresAt: at(1) });
    expect(await find('k', 'short', at(0.999))).not.toBeNull();
    expect(await find('k', 'short', at(1))).toBeNull();
    await database.read(
      (queries) => queries.$executeRaw`
        INSERT INTO stored_response SELECT 'many', n::text, ${NOW}, ${at(1)}, NULL, NULL, '[]', '{}'
        FROM generate_series(1, 2500) n`,
    );
    expect(await sweepResponses(database, NOW)).toBe(0);
    expect(await sweepResponses(database, at(1))).toBe(2_501);
    expect(await sweepResponses(database, at(1))).toBe(0);
  });
});

describe('turns', () => {
  beforeAll(async () => {
    await keep({ keyId: 't', id: '1' });
    await keep({ keyId: 't', id: '2', previousId: '1' });
    await keep({ keyId: 't', id: '3', previousId: '2' });
    await keep({ keyId: 't', id: '4', previousId: '3' });
    await keep({ keyId: 't', id: 'orphan', previousId: 'gone' });
    await keep({ keyId: 'thief', id: '5', previousId: '4' });
    await keep({ keyId: 't', id: 'loop', previousId: 'loop' });
    await keep({ keyId: 'e', id: 'old', expiresAt: at(1) });
    await keep({ keyId: 'e', id: 'new', previousId: 'old' });
    await keep({ keyId: 'l', id: 'long', response: 'x'.repeat(998) });
  });

  it.each<[string, string, object]>([
    ['t', '1', { rows: ['1'], missing: undefined, isTooLong: false }],
    ['t', '3', { rows: ['1', '2', '3'], missing: undefined, isTooLong: false }],
    ['t', '4', { rows: [], missing: undefined, isTooLong: true }],
    ['t', 'loop', { rows: [], isTooLong: true }],
    ['t', 'none', { rows: [], missing: 'none', isTooLong: false }],
    ['t', 'orphan', { rows: [], missing: 'gone', isTooLong: false }],
    ['other', '1', { rows: [], missing: '1', isTooLong: false }],
    ['thief', '5', { rows: [], missing: '4', isTooLong: false }],
    ['l', 'long', { rows: ['long'], isTooLong: false }],
  ])('of %s, up to %s', async (keyId, id, expected) =>
    expect(await turns(keyId, id)).toMatchObject(expected),
  );

  it('are counted in bytes before they are read', async () =>
    expect(await turns('l', 'long', { turns: 3, bytes: 999 })).toMatchObject({ rows: [], isTooLong: true }));

  it('end where one is expired', async () => {
    expect(await turns('e', 'new')).toMatchObject({ rows: ['old', 'new'] });
    expect(await turns('e', 'new', LIMITS, at(1))).toMatchObject({ rows: [], missing: 'old' });
  });
});
