import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDeclaration } from '../check-declaration.js';
import { importLitellm } from './import-litellm.js';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const read = (...parts: string[]): string => readFileSync(join(FIXTURES, ...parts), 'utf8');

/** Whatever a file asks for: an address where it is one, a word elsewhere. */
function variablesOf(yaml: string): Record<string, string> {
  const names = [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name);
  return Object.fromEntries(names.map((name) => [name, name.endsWith('BASE') ? 'http://x' : 'word-1']));
}

describe.each(readdirSync(FIXTURES))('%s', (name) => {
  const made = importLitellm(read(name, 'litellm.yaml'));

  it('becomes what is written beside it', () => expect(made).toBe(read(name, 'pllm.yaml')));

  it('is a file that can be used', () => {
    expect(checkDeclaration(made, { variables: variablesOf(made), denyPrivateUpstreams: false })).toEqual({
      body: expect.anything(),
      elsewhere: [],
    });
  });

  it('tells no secret', () => expect(made).not.toMatch(/hunter2|in-the-open/));
});

it.each([
  ['a: [', /^the configuration file is not valid\n1:5: /],
  ['a: "sk-hunter2" b', /^the configuration file is not valid\n1:\d+: (?!.*hunter2)/],
  [
    `a: &a [${'x,'.repeat(50)}]\nb: &b [${'*a,'.repeat(50)}]\nc: &c [${'*b,'.repeat(50)}]\nd: [${'*c,'.repeat(50)}]`,
    /unfold to too much/,
  ],
])('refuses %j', (text, message) => expect(() => importLitellm(text)).toThrow(message));
