/**
 * How much of libs/providers stands there twice: lines that are part of a run of at least six that is elsewhere too,
 * line by line the same but for indentation. Empty lines, comments and imports are not counted, neither as lines nor
 * as copies.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../libs/providers/src', import.meta.url));
const RUN = 6;
/** In percent of all lines. A ceiling that is lowered, never raised. */
const MOST = 4;

function linesOf(file) {
  const text = readFileSync(file, 'utf8').replace(/^import [^;]*;$/gm, (gone) => gone.replace(/[^\n]/g, ''));
  const lines = text.split('\n').map((line, index) => ({ file, number: index + 1, text: line.trim() }));
  return lines.filter(({ text: line }) => line !== '' && !/^(?:\/\/|\/\*|\*)/.test(line));
}

const files = readdirSync(FOLDER, { withFileTypes: true, recursive: true })
  .filter(({ name }) => /(?<!\.spec)\.ts$/.test(name))
  .map((entry) => linesOf(join(entry.parentPath ?? entry.path, entry.name)));

const seen = new Map();
const copies = new Set();
const places = [];
for (const lines of files) {
  for (let at = 0; at + RUN <= lines.length; at++) {
    const run = lines.slice(at, at + RUN);
    const key = run.map(({ text }) => text).join('\n');
    const first = seen.get(key);
    if (!first) seen.set(key, run);
    else {
      if (!run.some((line) => copies.has(line)))
        places.push([first[0], run[0]].map(({ file, number }) => `${relative(FOLDER, file)}:${number}`));
      for (const line of [...first, ...run]) copies.add(line);
    }
  }
}
const total = files.reduce((sum, lines) => sum + lines.length, 0);
const percent = (100 * copies.size) / total;
const verdict = `libs/providers: ${copies.size} of ${total} lines stand there twice (${percent.toFixed(1)} %, at most ${MOST} %)`;
if (percent >= MOST || process.argv.includes('--list')) {
  for (const [one, other] of places) process.stderr.write(`${one} = ${other}\n`);
  process.stderr.write(`${verdict}\n`);
}
if (percent >= MOST) process.exit(1);
