import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { printChained, readAuditChain, verifyAuditChain } from './audit-chain.js';
import type { ChainedEntry } from './audit-chain.js';
import { Database } from './database.js';

const SCHEMA = new URL('../../../prisma', import.meta.url).pathname;
/** The first opening makes the tables. */
const SECONDS = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'pllm-audit-chain-'));
let database: Database;

beforeAll(async () => {
  database = await Database.open({ url: undefined, dataDir: folder, schemaFolder: SCHEMA });
}, SECONDS);
afterAll(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => database.prisma.auditEntry.deleteMany());

/** Whatever JSON can hold: the text of it is the same when it is read again. */
const CHANGES = {
  name: 'a "quoted" \\ name\n\u0001 é 🙂 \u2028',
  metadata: { ten: 1e21, small: 5e-7, zero: 0, z: [1, [null, true]], a: { 10: 'x', 9: 'y' } },
};

const write = (objectId: string, changes: Record<string, unknown> = {}): Promise<void> =>
  database.write(
    { actor: 'master', requestId: 'req_1', action: 'create', objectType: 'key', objectId, changes },
    async () => {},
  );
const verify = (noted?: string) => verifyAuditChain(readAuditChain(database), noted);
async function read(window = {}): Promise<ChainedEntry[]> {
  const entries: ChainedEntry[] = [];
  for await (const page of readAuditChain(database, window)) entries.push(...page);
  return entries;
}

describe('the audit log', () => {
  it('is a chain from its first entry to its head', async () => {
    expect(await verify()).toEqual({ entries: 0, head: undefined, broken: undefined, hasNoted: undefined });
    for (const id of ['a', 'b', 'c']) await write(id, CHANGES);
    const entries = await read();
    expect(entries.map(({ text }) => JSON.parse(text).object_id)).toEqual(['a', 'b', 'c']);
    expect(entries.map(({ previous }) => previous)).toEqual([
      '0'.repeat(64),
      entries[0]?.hash,
      entries[1]?.hash,
    ]);
    expect(await verify()).toMatchObject({
      entries: 3,
      head: { id: entries[2]?.id, hash: entries[2]?.hash },
      broken: undefined,
    });
  });

  it('exports entries as they were hashed', async () => {
    await write('a', CHANGES);
    const [entry] = await read();
    const line = JSON.parse(printChained(entry as ChainedEntry));
    expect(line).toEqual({
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      previous_hash: '0'.repeat(64),
      entry: {
        id: String(entry?.id),
        at: entry?.at.toISOString(),
        actor: 'master',
        action: 'create',
        object_type: 'key',
        object_id: 'a',
        changes: CHANGES,
        request_id: 'req_1',
      },
    });
  });

  it('chains what is written at once, and what is written past the gateway', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, index) => write(`key_${index}`)));
    await database.prisma.$executeRaw`
      INSERT INTO audit_entry (id, at, actor, action, object_type, object_id, changes, request_id, hash)
      VALUES (1, '2020-01-01', 'x', 'x', 'x', 'x', '{}', 'x', 'made up')`;
    const entries = await read();
    const times = entries.map(({ at }) => at.getTime());
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(await verify()).toMatchObject({ entries: 21, broken: undefined });
  });

  it('reads the entries of a time', async () => {
    for (const id of ['a', 'b', 'c']) {
      await write(id);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    const [first, second, third] = (await read()) as [ChainedEntry, ChainedEntry, ChainedEntry];
    expect(await read({ from: second.at })).toEqual([second, third]);
    expect(await read({ to: second.at })).toEqual([first]);
    expect(await read({ from: second.at, to: third.at })).toEqual([second]);
  });
});

describe('a log that somebody changed', () => {
  let ids: bigint[];
  beforeEach(async () => {
    for (const id of ['a', 'b', 'c', 'd']) await write(id);
    ids = (await read()).map(({ id }) => id);
  });

  it.each([
    ['an entry was changed', 1, 'UPDATE audit_entry SET actor = $$nobody$$ WHERE id = $1', 1],
    ['its changes were', 2, `UPDATE audit_entry SET changes = '{"role":"viewer"}' WHERE id = $1`, 2],
    ['one was, with its hash', 1, 'UPDATE audit_entry SET hash = repeat($$a$$, 64) WHERE id = $1', 1],
    ['one in the middle was taken away', 1, 'DELETE FROM audit_entry WHERE id = $1', 2],
    ['the first was', 0, 'DELETE FROM audit_entry WHERE id = $1', 1],
  ])('names the first entry that does not fit: %s', async (_, at, sql, named) => {
    await database.prisma.$executeRawUnsafe(sql, ids[at]);
    expect((await verify()).broken?.id).toBe(ids[named]);
  });

  it('also where the changed entry was hashed anew', async () => {
    const { prisma } = database;
    await prisma.$executeRaw`UPDATE audit_entry SET actor = 'nobody' WHERE id = ${ids[1]}`;
    await prisma.$executeRaw`
      UPDATE audit_entry entry SET hash = audit_entry_hash(
        (SELECT hash FROM audit_entry WHERE id = ${ids[0]}), entry) WHERE id = ${ids[1]}`;
    expect((await verify()).broken?.id).toBe(ids[2]);
  });

  it('that was cut at its end fits, but has no more the head that was noted', async () => {
    const { head } = await verify();
    expect(await verify(head?.hash)).toMatchObject({ broken: undefined, hasNoted: true });
    await write('e');
    expect(await verify(head?.hash)).toMatchObject({ entries: 5, hasNoted: true });
    await database.prisma.auditEntry.deleteMany({ where: { id: { gte: ids[3] } } });
    expect(await verify(head?.hash)).toMatchObject({ entries: 3, broken: undefined, hasNoted: false });
  });
});
