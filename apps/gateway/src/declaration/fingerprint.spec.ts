import { describe, expect, it } from 'vitest';
import type { DeclarationBody } from './declaration.body.js';
import { compareFingerprints, fingerprint, printChanges } from './fingerprint.js';

const KEY = Buffer.alloc(32, 7);
const provider = (fields: object = {}) => ({ name: 'p', type: 'openai', api_key: 'sk-secret', ...fields });
const model = (fields: object = {}) => ({ id: 'm', targets: [{ provider: 'p', model: 'x' }], ...fields });
const price = (fields: object = {}) => ({ type: 'openai', per_image: '1', ...fields });
const changes = (before: object, after: object): string[] =>
  printChanges(
    compareFingerprints(
      fingerprint(before as DeclarationBody, KEY),
      fingerprint(after as DeclarationBody, KEY),
    ),
  );

describe('from one file to the next', () => {
  it.each<[string, object, object, string[]]>([
    ['nothing', { providers: [provider()] }, { providers: [provider()], models: null }, []],
    ['what comes', {}, { providers: [provider()], models: [model()] }, ['+ provider p', '+ model m']],
    ['what goes', { providers: [provider()], models: [model()] }, {}, ['- provider p', '- model m']],
    [
      'what is another',
      { providers: [provider({ timeouts: { idle_ms: 1 } })], models: [model()] },
      { providers: [provider({ api_key: 'sk-other', enabled: false })], models: [model({ owned_by: 'me' })] },
      ['~ provider p: api_key, enabled, timeouts', '~ model m: owned_by'],
    ],
    [
      'how calls are routed',
      {
        providers: [provider({ max_parallel: 5 })],
        models: [model({ fallbacks: ['a', 'b'], retry: { attempts: 2 } })],
      },
      {
        providers: [provider()],
        models: [model({ strategy: 'weighted', fallbacks: ['b', 'a'], retry: { attempts: 3 } })],
      },
      ['~ provider p: max_parallel', '~ model m: fallbacks, retry, strategy'],
    ],
    [
      'what models cost',
      { prices: [price({ model: 'a' }), price({ model: 'b' })] },
      { prices: [price({ model: 'a', per_image: '2', per_request: '1' }), price({ model: 'c' })] },
      ['+ price openai/c', '~ price openai/a: per_image, per_request', '- price openai/b'],
    ],
    [
      'teams',
      { teams: [{ name: 'a', limits: { rpm: 1 } }, { name: 'b' }] },
      { teams: [{ name: 'a', limits: { rpm: 2 } }, { name: 'c' }] },
      ['+ team c', '~ team a: limits', '- team b'],
    ],
    [
      'the order of members',
      { models: [model({ metadata: { a: 1, b: { c: 2, d: 3 } } })] },
      { models: [model({ metadata: { b: { d: 3, c: 2 }, a: 1 } })] },
      [],
    ],
    [
      'the order of targets',
      { models: [model({ targets: [{ model: 'x' }, { model: 'y' }] })] },
      { models: [model({ targets: [{ model: 'y' }, { model: 'x' }] })] },
      ['~ model m: targets'],
    ],
    [
      'names that every object has',
      {},
      { providers: [provider({ name: 'constructor' })] },
      ['+ provider constructor'],
    ],
  ])('%s', (_, before, after, expected) => expect(changes(before, after)).toEqual(expected));
});

it('holds no secret, nor what a guess could be tried on', () => {
  const body = { providers: [provider()] } as DeclarationBody;
  const one = fingerprint(body, KEY);
  expect(JSON.stringify(one)).not.toContain('sk-secret');
  expect(one).not.toEqual(fingerprint(body, Buffer.alloc(32, 8)));
});
