import { createHash } from 'node:crypto';
import type { Database, Queries } from './database.js';

/** What is before the first entry. */
const BEGINNING = '0'.repeat(64);

const PAGE = 1_000;

/** An entry as the chain has it. */
export interface ChainedEntry {
  readonly id: bigint;
  readonly at: Date;
  readonly hash: string;
  /** That of the entry before it. */
  readonly previous: string;
  /** What is hashed, as JSON. */
  readonly text: string;
}

export interface ChainEnd {
  readonly id: bigint;
  readonly hash: string;
}

/** What became of a chain that was followed from its beginning. */
export interface ChainVerdict {
  /** How many entries fit. */
  readonly entries: number;
  /** The last one that fits. */
  readonly head: ChainEnd | undefined;
  /** The first one that does not fit to what is before it: it was changed, or something before it was taken away. */
  readonly broken: { readonly id: bigint; readonly at: Date } | undefined;
  /** Did it pass the head that was noted? Undefined: none was. */
  readonly hasNoted: boolean | undefined;
}

/** Entries of a time, oldest first, page by page. */
export async function* readAuditChain(
  database: Database,
  { from, to }: { readonly from?: Date | undefined; readonly to?: Date | undefined } = {},
): AsyncGenerator<ChainedEntry[]> {
  let after = 0n;
  for (;;) {
    const page = await database.read((queries) => readPage(queries, after, from, to));
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.id;
  }
}

function readPage(
  queries: Queries,
  after: bigint,
  from = new Date(0),
  to = new Date('9999-12-31'),
): Promise<ChainedEntry[]> {
  return queries.$queryRaw<ChainedEntry[]>`
    SELECT entry.id, entry.at, entry.hash, audit_entry_text(entry) AS text,
      coalesce((SELECT hash FROM audit_entry before WHERE before.id < entry.id ORDER BY before.id DESC LIMIT 1),
        ${BEGINNING}) AS previous
    FROM audit_entry entry
    WHERE entry.id > ${after} AND entry.at >= ${from} AND entry.at < ${to}
    ORDER BY entry.id LIMIT ${PAGE}`;
}

/** Hashes the whole chain anew. @param noted a hash that was the head once: a chain that was cut does not have it */
export async function verifyAuditChain(
  pages: AsyncIterable<readonly ChainedEntry[]>,
  noted?: string,
): Promise<ChainVerdict> {
  let entries = 0;
  let head: ChainEnd | undefined;
  let hasNoted = noted === undefined ? undefined : noted === BEGINNING;
  for await (const page of pages) {
    for (const { id, at, hash, text } of page) {
      if (hash !== hashEntry(head?.hash ?? BEGINNING, text)) {
        return { entries, head, broken: { id, at }, hasNoted };
      }
      head = { id, hash };
      entries++;
      if (hash === noted) hasNoted = true;
    }
  }
  return { entries, head, broken: undefined, hasNoted };
}

function hashEntry(previous: string, text: string): string {
  return createHash('sha256').update(previous).update(text).digest('hex');
}

/** A line of the export: the entry stands in it as it was hashed, to its last byte. */
export function printChained({ hash, previous, text }: ChainedEntry): string {
  return `{"hash":"${hash}","previous_hash":"${previous}","entry":${text}}\n`;
}
