import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { printRecord } from './print-record.js';
import { Tally } from './tally.js';
import type { LockFolder } from './spool-folder.js';
import type { UsageRecord } from './usage-record.js';
import { UsageSpool } from './usage-spool.js';

let parent: string;
let folder: string;
let inserted: UsageRecord[][];
let reports: string[];
let isDown: boolean;
/** Folders whose processes live. */
let held: Set<string>;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'pllm-spool-'));
  folder = join(parent, 'spool');
  inserted = [];
  reports = [];
  isDown = false;
  held = new Set();
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const call = {
  at: 1,
  keyId: null,
  teamId: null,
  operation: 'chat',
  model: 'm',
  stream: false,
  endUser: null,
} as const;
const record = (requestId: string): UsageRecord => new Tally({ ...call, requestId }, 0).close(0);
const ids = () => inserted.flat().map((each) => each.requestId);
/** All segments, under the names that they have in the spool. */
const files = () =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'));

const lock: LockFolder = async (path) => {
  if (held.has(path)) return undefined;
  held.add(path);
  return { release: async () => void held.delete(path) };
};

function open(everyMs = 60_000): Promise<UsageSpool> {
  return UsageSpool.open({
    folder,
    processId: process.pid,
    lock,
    everyMs,
    report: (message) => reports.push(message),
    insert: async (lines) => {
      if (isDown) throw new Error('down');
      inserted.push(
        lines
          .toString()
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as UsageRecord),
      );
    },
  });
}

/** A process that wrote these, and was killed. */
async function openDead(...ids: string[]): Promise<void> {
  const dead = await open();
  for (const id of ids) await dead.append(record(id));
  held.clear();
}

/** A file of a process that is no more, with 21 bytes. */
function writeLeftOver(): void {
  mkdirSync(join(folder, '1-aBcDeF'), { recursive: true });
  writeFileSync(join(folder, '1-aBcDeF', '7-0.jsonl'), '{"requestId":"old!"}\n');
}

describe('UsageSpool', () => {
  it('has a record in a file when `append` has settled', async () => {
    const spool = await open();
    await spool.append(record('a'));
    const [name = ''] = files();
    expect(readFileSync(join(folder, name), 'utf8')).toBe(`${printRecord(record('a'))}\n`);
    expect(spool.pending).toBe(1);
  });

  it('says how much waits, and since when', async () => {
    writeLeftOver();
    isDown = true;
    const before = Date.now();
    const spool = await open();
    expect(spool.depth).toEqual({ records: 0, bytes: 21, oldestAt: 7 });
    await spool.append(record('a'));
    expect(spool.depth).toEqual({ records: 1, bytes: 21 + printRecord(record('a')).length + 1, oldestAt: 7 });
    await spool.flush();
    await spool.append(record('b'));
    expect(spool.depth.records).toBe(2);
    isDown = false;
    expect(await spool.flush()).toBe(true);
    expect(spool.depth).toEqual({ records: 0, bytes: 0, oldestAt: undefined });
    isDown = true;
    await spool.append(record('c'));
    expect(spool.depth.oldestAt).toBeGreaterThanOrEqual(before);
    await spool.close();
  });

  it('writes a batch by itself, in order, and the file is gone', async () => {
    const spool = await open(5);
    await Promise.all(['a', 'b', 'c'].map((id) => spool.append(record(id))));
    await vi.waitFor(() => expect(files()).toEqual([]));
    expect(inserted.map((batch) => batch.map((each) => each.requestId))).toEqual([['a', 'b', 'c']]);
    expect(spool.pending).toBe(0);
  });

  it('writes records that come together in one go, and loses none when it is closed at once', async () => {
    const spool = await open();
    const settled = Promise.all(['a', 'b', 'c'].map((id) => spool.append(record(id))));
    expect(await spool.close()).toBe(true);
    await settled;
    expect(ids()).toEqual(['a', 'b', 'c']);
    expect(files()).toEqual([]);
  });

  it('writes no more than a thousand at a time', async () => {
    const spool = await open();
    for (let count = 0; count < 2_500; count++) void spool.append(record(String(count)));
    expect(await spool.flush()).toBe(true);
    expect(inserted.map((batch) => batch.length)).toEqual([1_000, 1_000, 500]);
    expect(ids()).toEqual(Array.from({ length: 2_500 }, (_, count) => String(count)));
  });

  it('writes what is left when it is closed', async () => {
    const spool = await open();
    await spool.append(record('a'));
    expect(await spool.close()).toBe(true);
    expect(ids()).toEqual(['a']);
    expect(files()).toEqual([]);
  });

  it('keeps what the database does not take, and tries again, in order', async () => {
    isDown = true;
    const spool = await open(5);
    await spool.append(record('a'));
    await vi.waitFor(() => expect(reports).toHaveLength(1));
    await spool.append(record('b'));
    expect(files()).toHaveLength(2);
    isDown = false;
    await vi.waitFor(() => expect(ids()).toEqual(['a', 'b']), 4_000);
    await vi.waitFor(() => expect(files()).toEqual([]));
  });

  it('neither asks nor complains at every record while the database is down', async () => {
    isDown = true;
    const spool = await open(5);
    for (let count = 0; count < 20; count++) {
      await spool.append(record(String(count)));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(reports).toHaveLength(1);
    expect(files().length).toBeLessThanOrEqual(2);
    isDown = false;
    await spool.close();
    expect(ids()).toHaveLength(20);
  });

  it('says that records stayed when it is closed on a database that is down', async () => {
    isDown = true;
    const spool = await open();
    await spool.append(record('a'));
    expect(await spool.close()).toBe(false);
    expect(files()).toHaveLength(1);
  });

  it('reads what a dead process left, but for a line that it did not finish', async () => {
    await openDead('a', 'b');
    const [name = ''] = files();
    appendFileSync(join(folder, name), '{"requestId":"tor');
    await open(5);
    await vi.waitFor(() => expect(files()).toEqual([]));
    expect(ids()).toEqual(['a', 'b']);
    expect(reports).toEqual([]);
  });

  it('is not held back by a line in the middle that a full disk tore', async () => {
    await openDead('a');
    const [name = ''] = files();
    appendFileSync(join(folder, name), '{"requestId":"tor\n{"requestId":"b","at":1}\n');
    await open(5);
    await vi.waitFor(() => expect(files()).toEqual([]));
    expect(ids()).toEqual(['a', 'b']);
    expect(reports).toEqual([expect.stringContaining('torn')]);
  });

  it('goes on when a machine that does not see the lock was quicker with a file', async () => {
    writeLeftOver();
    const spool = await open();
    for (const name of files()) rmSync(join(folder, name));
    await spool.append(record('mine'));
    expect(await spool.flush()).toBe(true);
    expect(ids()).toEqual(['mine']);
  });

  it('leaves a record that comes when it is closed to the next process', async () => {
    const spool = await open();
    await spool.close();
    await spool.append(record('late'));
    await (await open()).close();
    expect(ids()).toEqual(['late']);
  });

  it('does not lose the answer, nor the record, when nothing can be spooled', async () => {
    const spool = await open();
    rmSync(folder, { recursive: true });
    await spool.append(record('a'));
    await spool.append(record('b'));
    expect(reports).toEqual([expect.stringContaining('in memory alone')]);
    expect(await spool.flush()).toBe(true);
    expect(ids()).toEqual(['a', 'b']);
  });
});
