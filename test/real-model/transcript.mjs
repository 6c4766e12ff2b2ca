import assert from 'node:assert/strict';

const WIDTH = 96;
const MARGIN = 12;

/** What a person reads of a run, and how many things were found to be as they should. */
export class Transcript {
  checks = 0;

  title(text) {
    process.stdout.write(`\n== ${text}\n`);
  }

  /** A labelled text, broken at spaces. */
  say(label, text) {
    const lines = String(text)
      .split('\n')
      .flatMap((line) => wrap(line, WIDTH - MARGIN));
    for (const [index, line] of lines.entries()) {
      process.stdout.write(`${(index === 0 ? label : '').padEnd(MARGIN)}${line}`.trimEnd().concat('\n'));
    }
  }

  note(text) {
    process.stdout.write(`${text}\n`);
  }

  /** @throws AssertionError */
  check(claim, isTrue, seen) {
    assert.ok(isTrue, seen === undefined ? claim : `${claim}; seen: ${JSON.stringify(seen)}`);
    this.checks++;
    this.say('  ok', claim);
  }
}

function wrap(line, width) {
  const lines = [''];
  for (const word of line.split(' ')) {
    const last = lines.at(-1);
    if (last && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines;
}
