import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

type Cell = string | number | boolean | null | Date;

/** What a spreadsheet would take for a formula: names that clients make up stand in these tables. */
const FORMULA = /^[=+\-@\t\r]/;
const QUOTED = /[",\r\n]/;

/** One line of a table (RFC 4180). */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (cell instanceof Date) return cell.toISOString();
  if (typeof cell !== 'string') return String(cell);
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table that is read page by page, as fast as the client takes it. */
export function csvFile(
  name: string,
  columns: readonly string[],
  pages: AsyncIterable<Cell[][]>,
): StreamableFile {
  const disposition = `attachment; filename="${name}.csv"`;
  const lines = Readable.from(linesOf(columns, pages), { objectMode: false });
  return new StreamableFile(lines, { type: 'text/csv; charset=utf-8', disposition });
}

async function* linesOf(columns: readonly string[], pages: AsyncIterable<Cell[][]>): AsyncGenerator<string> {
  yield csvLine(columns);
  for await (const rows of pages) if (rows.length > 0) yield rows.map(csvLine).join('');
}
