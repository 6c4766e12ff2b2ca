import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HELD, judge, readRatchet } from './ratchet.mjs';

const RECORD = `# 1. A decision

| case | at most |
| --- | --- |
| \`chat-32\` | 2.9 |
| \`burst\` | 3 |
`;
const decisionOf = (name) => (name === '1.md' ? RECORD : undefined);
const GOOD = {
  'chat-32': { timesBare: 2.9, decision: '1.md' },
  burst: { timesBare: 2.5, decision: '1.md' },
};

describe('readRatchet', () => {
  it('reads bounds that are what their decision says, or tighter', () => {
    const bounds = readRatchet(JSON.stringify(GOOD), decisionOf);
    expect([...bounds]).toEqual(Object.entries(GOOD));
  });

  it.each([
    ['a looser bound', { 'chat-32': { timesBare: 3, decision: '1.md' } }, /looser than the 2\.9 .*1\.md/],
    [
      'a decision that is not there',
      { burst: { timesBare: 2, decision: '2.md' } },
      /no docs\/decisions\/2\.md/,
    ],
    ['no decision', { burst: { timesBare: 2 } }, /'burst' names no 'decision'/],
    ['no number', { burst: { timesBare: '2', decision: '1.md' } }, /'burst' has no bound/],
    ['a bound of nothing', { burst: { timesBare: 0, decision: '1.md' } }, /'burst' has no bound/],
    ['a case that lost its bound', { burst: undefined }, /no bound for 'burst'/],
    ['a case that is not held', { trickle: GOOD.burst }, /'trickle' is no case that is held/],
  ])('refuses %s', (_, change, message) => {
    expect(() => readRatchet(JSON.stringify({ ...GOOD, ...change }), decisionOf)).toThrow(message);
  });

  it('refuses a decision that says nothing of the case', () => {
    expect(() => readRatchet(JSON.stringify(GOOD), () => '| `chat-32` | 9 |')).toThrow(/no row for 'burst'/);
  });

  it('accepts the bounds of this project', () => {
    const file = (path) => new URL(path, import.meta.url);
    const bounds = readRatchet(readFileSync(file('ratchet.json'), 'utf8'), (name) => {
      const decision = file(`../../docs/decisions/${name}`);
      return existsSync(decision) ? readFileSync(decision, 'utf8') : undefined;
    });
    expect([...bounds.keys()]).toEqual(HELD);
  });
});

describe('judge', () => {
  const bound = { timesBare: 2.9, decision: '1.md' };

  it.each([
    ['below its bound', 110, 50, true],
    ['at its bound', 145, 50, true],
    ['above its bound', 146, 50, false],
  ])('says whether it is kept: %s', (_, pllm, bare, isKept) => {
    expect(judge('chat', { pllm, bare }, bound)).toMatchObject({ isKept });
  });

  it('shows the figures and where the bound stands', () => {
    const { line } = judge('chat', { pllm: 150, bare: 50 }, bound);
    expect(line).toBe(
      'chat: 150 µs beside 50 of the bare proxy: 3.00 times, MORE THAN 2.9 (test/bench/ratchet.json, set by docs/decisions/1.md)',
    );
  });

  it('says that a bound can be tightened when it is far above', () => {
    expect(judge('chat', { pllm: 75, bare: 50 }, bound).hint).toBe('chat: the bound can be tightened to 2.0');
    expect(judge('chat', { pllm: 85, bare: 50 }, bound).hint).toBeUndefined();
  });
});
