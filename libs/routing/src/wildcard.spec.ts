import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob, coversGlob, restOf } from './wildcard.js';

describe('a pattern over names', () => {
  it.each<[string, string[], string[]]>([
    ['gpt-4', ['gpt-4'], ['gpt-4o', 'agpt-4', 'GPT-4', '']],
    ['*', ['', 'a', 'a/b', 'a\nb'], []],
    ['gpt-*', ['gpt-', 'gpt-4', 'gpt-4/x', 'gpt-\n'], ['gpt', 'xgpt-4', '']],
    ['*-mini', ['gpt-mini', '-mini', '-mini-mini'], ['gpt-mini-x', 'mini']],
    ['openai/*', ['openai/gpt-4', 'openai/a/b'], ['openai', 'openaix/a']],
    ['a*a', ['aa', 'aba', 'aaa'], ['a', 'ab', 'ba']],
    ['ab*ba', ['abba', 'abxba'], ['aba', 'ab', 'ba']],
    ['a*b*c', ['abc', 'axbxc', 'abbcc', 'acbc'], ['acb', 'ab', 'ac', 'abcx']],
    ['*b*b*', ['bb', 'abab', 'bxb'], ['b', 'aba']],
    ['a**b', ['ab', 'axb'], ['a', 'b']],
    ['**', ['', 'a'], []],
    ['a*bc*c', ['abcc', 'abcbcc'], ['abc', 'acbc']],
    ['gpt.4*', ['gpt.4', 'gpt.4o'], ['gptx4', 'gpt4']],
    ['(a|b)+[c]?^$\\{2}*', ['(a|b)+[c]?^$\\{2}', '(a|b)+[c]?^$\\{2}x'], ['ac', 'a', '(a|b)+c']],
    ['ft:gpt-4o:*:x', ['ft:gpt-4o:acme:x', 'ft:gpt-4o::x'], ['ft:gpt-4o:x', 'ft:gpt-4o:acme:y']],
    ['模*型', ['模型', '模😀型'], ['模', '型']],
    ['', [''], ['a']],
  ])('%s', (pattern, matching, others) => {
    const matches = compileGlob(pattern);
    expect(matching.filter((name) => !matches(name))).toEqual([]);
    expect(others.filter((name) => matches(name))).toEqual([]);
  });

  it('is decided at once on a name made to be slow', () => {
    const matches = compileGlob('*a*a*a*a*a*b');
    const startedAt = performance.now();
    expect(matches('a'.repeat(100_000))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe('a pattern that covers another', () => {
  it.each<[string, string[], string[]]>([
    ['a', ['a'], ['a*', '*', 'b', '']],
    ['*', ['*', '', 'a', 'a*b', '**'], []],
    ['a-*', ['a-*', 'a-1', 'a-*-mini', 'a-**', 'a-'], ['a', 'a*', '*', '*a-', 'b-*']],
    ['*-mini', ['a-mini', 'a*-mini', '*-mini'], ['*', '*mini', 'a-mini*']],
    ['a*c', ['ac', 'a*c', 'a*b*c'], ['a*', '*c', 'a*cd']],
    ['a*b*c', ['a*b*c', 'ab*c', 'axbc'], ['a*c', 'a*b', 'ac']],
    // Each name under `a*a` is two letters at least.
    ['a*a', ['a*a', 'aa', 'aa*a'], ['a', 'a*']],
  ])('%s', (pattern, covered, others) => {
    expect(covered.filter((other) => !coversGlob(pattern, other))).toEqual([]);
    expect(others.filter((other) => coversGlob(pattern, other))).toEqual([]);
  });

  it('matches all that the other matches, and where it does not cover it misses something', () => {
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 6 });
    const run = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '*'), maxLength: 3 });
    fc.assert(
      fc.property(glob, glob, fc.infiniteStream(run), (pattern, other, runs) => {
        const matches = compileGlob(pattern);
        const fill = (stand: () => string): string => other.replace(/\*/g, stand);
        if (coversGlob(pattern, other)) {
          expect(matches(fill(() => String(runs.next().value)))).toBe(true);
        } else {
          expect(matches(fill(() => 'x'))).toBe(false);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('what * stands for', () => {
  it.each<[string, string, string | undefined]>([
    ['openai/*', 'openai/gpt-4', 'gpt-4'],
    ['openai/*', 'openai/a/b:c', 'a/b:c'],
    ['openai/*', 'openai/', undefined],
    ['openai/*', 'openai', undefined],
    ['openai/*', 'azure/gpt-4', undefined],
    ['openai/*', 'my-openai/gpt-4', undefined],
    ['*', 'gpt-4', 'gpt-4'],
    ['*', '', undefined],
    ['a.b/*', 'axb/gpt-4', undefined],
  ])('%s in %s is %s', (pattern, name, expected) => {
    expect(restOf(pattern, name)).toBe(expected);
  });
});
