import { describe, expect, it } from 'vitest';
import { checkDeclaration } from './check-declaration.js';
import { printFaults } from './fault.js';

const variables = { KEY: 'sk-secret-5150', NAME: 'openai' };
const check = (text: string, denyPrivateUpstreams = false) =>
  checkDeclaration(text, { variables, denyPrivateUpstreams });
const linesOf = (text: string, denyPrivateUpstreams = false): string[] => {
  const checked = check(text, denyPrivateUpstreams);
  return 'faults' in checked ? printFaults('pllm.yaml', checked.faults) : [];
};

const UNITS =
  'input_per_mtok, output_per_mtok, cached_input_per_mtok, cache_write_per_mtok, audio_input_per_mtok, ' +
  'audio_output_per_mtok, reasoning_per_mtok, per_image, per_second, per_character, per_request';
const PROVIDERS = `providers:
  - {name: openai, type: openai, api_key: '\${KEY}'}
`;

describe('a file that is good', () => {
  it('is what the admin API takes, with its variables filled in', () => {
    const text = `
providers:
  - name: openai
    type: openai
    api_key: \${KEY}
    base_url: \${BASE:-http://localhost:1/v1}
    headers: &headers {x-price: $$5}
    timeouts: {first_byte_ms: 30000}
  - {name: other, type: groq, api_key: null, headers: *headers, enabled: false}
models:
  - id: my/gpt-4
    targets: [{provider: openai, model: gpt-4o, priority: 1}]
    metadata: {tier: [1, 2.5, true, null]}
`;
    const checked = check(text);
    expect(checked).toEqual({
      body: {
        providers: [
          {
            name: 'openai',
            type: 'openai',
            api_key: 'sk-secret-5150',
            base_url: 'http://localhost:1/v1',
            headers: { 'x-price': '$5' },
            timeouts: { first_byte_ms: 30_000 },
          },
          { name: 'other', type: 'groq', api_key: null, headers: { 'x-price': '$5' }, enabled: false },
        ],
        models: [
          {
            id: 'my/gpt-4',
            targets: [{ provider: 'openai', model: 'gpt-4o', priority: 1 }],
            metadata: { tier: [1, 2.5, true, null] },
          },
        ],
      },
      elsewhere: [],
    });
  });

  it('says how calls are routed and what they cost, as the admin API does', () => {
    const text = `
providers:
  - {name: openai, type: openai, max_parallel: 50}
models:
  - id: m
    strategy: weighted
    targets: [{provider: openai, model: a, weight: 3}, {provider: openai, model: b, weight: 0}]
    fallbacks: [n, family/x]
    retry: {attempts: 5, budget_ratio: 0.5}
  - {id: n, targets: [{provider: openai, model: a}]}
  - {id: family/*, targets: [{provider: openai, model: '*'}]}
prices:
  - {type: openai, model: gpt-4o, input_per_mtok: '2.50', output_per_mtok: '10'}
  - {type: groq, model: gpt-4o, per_request: '0.001'}
`;
    expect(check(text)).toMatchObject({
      body: {
        providers: [{ max_parallel: 50 }],
        models: [
          {
            strategy: 'weighted',
            targets: [{ weight: 3 }, { weight: 0 }],
            fallbacks: ['n', 'family/x'],
            retry: { attempts: 5, budget_ratio: 0.5 },
          },
          {},
          {},
        ],
        prices: [
          { type: 'openai', model: 'gpt-4o', input_per_mtok: '2.50', output_per_mtok: '10' },
          { type: 'groq', model: 'gpt-4o', per_request: '0.001' },
        ],
      },
      elsewhere: [],
    });
  });

  it('names the fallbacks that somebody else must have', () => {
    const text = `${PROVIDERS}models:\n  - id: m\n    fallbacks: [m2, stored,\n      openai/x]\n    targets: [{provider: openai, model: a}]
  - {id: m2, targets: [{provider: openai, model: a}]}\n`;
    const message = 'there is no model of that name';
    expect(check(text)).toMatchObject({
      elsewhere: [
        { name: 'stored', line: 5, column: 21, path: 'models[0].fallbacks[1]', message },
        { name: 'openai/x', line: 6, column: 7, path: 'models[0].fallbacks[2]', message },
      ],
    });
  });

  it('may have providers at private addresses, unless they are denied', () => {
    const text = `providers:
  - {name: a, type: openai, base_url: 'http://10.0.0.1/v1'}
  - {name: b, type: openai, base_url: 'http://10.0.0.1.example.org/v1'}
  - {name: c, type: openai, base_url: 'http://169.254.0.1/v1'}
`;
    expect(linesOf(text.replace('169.254.0.1', '[::1]'))).toEqual([]);
    expect(linesOf(text, true)).toEqual([
      'pllm.yaml:2:39: providers[0].base_url: must not be at a private address (PLLM_PRIVATE_UPSTREAMS=deny)',
      'pllm.yaml:4:39: providers[2].base_url: must not be at a link-local or metadata address',
    ]);
  });

  it.each(['{}', 'providers:\nmodels:\n', '# only words\n{}', '\ufeff{}', '---\nmodels: []\n...\n'])(
    'may declare nothing: %j',
    (text) => expect(linesOf(text)).toEqual([]),
  );
});

describe('a fault is told with its place', () => {
  it.each<[string, string, string[]]>([
    [
      'an empty file',
      '',
      ['1:1: must hold providers:, models:, prices: or teams: (write {} to declare nothing)'],
    ],
    [
      'a list',
      '- a',
      ['1:1: must hold providers:, models:, prices: or teams: (write {} to declare nothing)'],
    ],
    ['an unknown field at the top', 'model: []\n', ['1:1: model: is not a field that is known here']],
    [
      'an unknown field of an object',
      `${PROVIDERS}models:\n  - id: m\n    fallback: x\n    targets: [{provider: openai, model: a, region: eu}]\n`,
      [
        '5:5: models[0].fallback: is not a field that is known here',
        '6:44: models[0].targets[0].region: is not a field that is known here',
      ],
    ],
    [
      'a field that is missing',
      'providers:\n  - type: openai\nmodels:\n  - id: m\n',
      ['2:5: providers[0].name: is missing', '4:5: models[0].targets: is missing'],
    ],
    [
      'a wrong type',
      'providers: 5\nmodels:\n  - [a]\n  - 7\n',
      [
        '1:12: providers: must be an array',
        '3:3: models: must hold objects, and no lists',
        '3:6: models[0][0]: must be an object',
        '4:5: models[1]: must be an object',
      ],
    ],
    [
      'a wrong value',
      'providers:\n  - name: a b\n    type: nothing\n    enabled: yes\n    timeouts: {idle_ms: 0, total_ms: soon}\n',
      [
        '2:11: providers[0].name: must be letters, digits, dots, dashes or underscores',
        expect.stringMatching(/^3:11: providers\[0\]\.type: must be one of the following values: openai,/),
        '4:14: providers[0].enabled: must be a boolean value',
        '5:25: providers[0].timeouts.idle_ms: must not be less than 1',
        '5:38: providers[0].timeouts.total_ms: must be an integer number',
      ],
    ],
    [
      'a base URL that is missing',
      'providers:\n  - name: a\n    type: openai-compatible\n',
      ['2:5: providers[0].base_url: is missing: a provider of type openai-compatible needs one'],
    ],
    [
      'a provider at an address that is refused everywhere',
      'providers:\n  - {name: a, type: openai, base_url: "http://169.254.169.254/v1"}\n',
      ['2:39: providers[0].base_url: must not be at a link-local or metadata address'],
    ],
    [
      'names that come twice',
      'providers:\n  - {name: a, type: openai}\n  - {name: a, type: groq}\nmodels:\n' +
        '  - {id: m, targets: [{provider: a, model: x}]}\n  - {id: m, targets: [{provider: a, model: y}]}\n',
      ['3:12: providers[1].name: is taken: see line 2', '6:10: models[1].id: is taken: see line 5'],
    ],
    [
      'a team',
      'teams:\n  - {name: a, models: [x], limits: {rpm: 0}}\n  - {name: a, budget: {usd: 1, period: day}}\n  - {id: b}\n  - {name: a/b}\n',
      [
        '2:42: teams[0].limits.rpm: must not be less than 1',
        '3:12: teams[1].name: is taken: see line 2',
        '3:29: teams[1].budget.usd: must be a decimal string of US dollars, more than 0 and at most 9000000, with at most 9 digits behind the point',
        '4:5: teams[2].name: is missing',
        '4:6: teams[2].id: is not a field that is known here',
        "5:12: teams[3].name: must have no '/'",
      ],
    ],
    [
      'a provider that is not there',
      `${PROVIDERS}models:\n  - id: m\n    targets:\n      - provider: opneai\n        model: x\n`,
      ['6:19: models[0].targets[0].provider: there is no provider of that name in this file'],
    ],
    [
      'fallbacks that cannot be',
      `${PROVIDERS}models:
  - id: m
    targets: [{provider: openai, model: a, weight: 0}]
    fallbacks: [n, m]
    strategy: fastest
    retry: {attempts: 0, wait: 5}
  - id: n
    targets: [{provider: openai, model: a}]
    fallbacks: [openai/*]
  - id: o
    targets: [{provider: openai, model: a}]
    fallbacks: [n, n]
`,
      [
        '5:14: models[0].targets: must hold at least one with a weight above 0',
        '6:20: models[0].fallbacks[1]: is the model itself',
        '7:15: models[0].strategy: must be one of the following values: priority, weighted, round-robin, least-latency, least-busy, lowest-cost',
        '8:23: models[0].retry.attempts: must not be less than 1',
        '8:26: models[0].retry.wait: is not a field that is known here',
        '11:16: models[1].fallbacks: must be names of models, and no patterns',
        '14:16: models[2].fallbacks: must hold each name once',
      ],
    ],
    [
      'a unit that no price has',
      `${PROVIDERS}models:
  - id: m
    price: {input: '1'}
    targets:
      - provider: openai
        model: a
        price: {per_minute: '1', output_per_mtok: 2.5}
prices:
  - type: openai
    model: a
    per_mtok: '1'
`,
      [
        `5:13: models[0].price.input: is not a unit that prices are known by: ${UNITS}`,
        `9:17: models[0].targets[0].price.per_minute: is not a unit that prices are known by: ${UNITS}`,
        '9:51: models[0].targets[0].price.output_per_mtok: must be a text: put it in quotes',
        `13:5: prices[0].per_mtok: is not a unit that prices are known by: ${UNITS}`,
      ],
    ],
    [
      'prices that cannot be',
      `prices:
  - {type: openai, model: a, per_image: '1'}
  - {type: groq, model: a, per_image: '1'}
  - {type: openai, model: a, per_image: '2'}
  - {type: opneai, model: b, per_image: '10'}
  - {type: openai, model: c}
  - {per_image: free}
`,
      [
        '4:27: prices[2].model: is taken: see line 2',
        expect.stringMatching(/^5:12: prices\[3\]\.type: must be one of the following values: openai,/),
        expect.stringMatching(
          /^5:41: prices\[3\]\.per_image: must be a decimal string of US dollars, at most 9, /,
        ),
        '6:5: prices[4]: has no unit, such as input_per_mtok',
        '7:5: prices[5].type: is missing',
        '7:5: prices[5].model: is missing',
        expect.stringMatching(/^7:17: prices\[5\]\.per_image: must be a decimal/),
      ],
    ],
    [
      'a variable that is not set',
      'providers:\n  - name: a\n    type: openai\n    api_key: ${NO_KEY}\n    base_url: ${NO_URL}/v1\n',
      [
        '4:14: providers[0].api_key: the variable NO_KEY is not set',
        '5:15: providers[0].base_url: the variable NO_URL is not set',
      ],
    ],
    [
      'a required text whose variable is not set, once',
      'providers:\n  - {name: "${NO_NAME}", type: openai}\n',
      ['2:12: providers[0].name: the variable NO_NAME is not set'],
    ],
    [
      'an address and a secret that do not fit together',
      `providers:
  - {name: a, type: vertex}
  - {name: b, type: vertex, api_key: '{"type": "authorized_user"}'}
  - name: c
    type: vertex
    base_url: https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4
  - {name: d, type: openai, api_key: '{ }'}
  - {name: e, type: vertex, api_key: AIzaKey}
`,
      [
        '2:5: providers[0].base_url: names no project: end it with /v1/projects/PROJECT/locations/LOCATION',
        "3:38: providers[1].api_key: is JSON, but not the key of a service account (its 'type')",
        "6:15: providers[2].base_url: is the host of the location 'us-central1', and names the location 'europe-west4'",
        '7:38: providers[3].api_key: must be visible ASCII',
      ],
    ],
    ['a key that comes twice', 'models: []\nmodels: []\n', ['2:1: Map keys must be unique']],
    ['a name that is no text', '{1: a}', ['1:2: a name must be a text']],
    [
      'a prototype',
      'models:\n  - __proto__: {}\n    id: m\n',
      ['2:5: models[0]: a name must be a text', '2:5: models[0].targets: is missing'],
    ],
    [
      'what every object has',
      'teams:\n  - {name: a, constructor: 1}\n',
      ['2:15: teams[0]: a name must be a text'],
    ],
    [
      'lists in the place of objects',
      'teams:\n  - []\nmodels:\n  - []\nproviders:\n  - [{name: a}]\nprices:\n  - []\n',
      [
        '2:3: teams: must hold objects, and no lists',
        '4:3: models: must hold objects, and no lists',
        '6:3: providers: must hold objects, and no lists',
        '6:6: providers[0][0].type: is missing',
        '8:3: prices: must hold objects, and no lists',
        '8:5: prices[0]: has no unit, such as input_per_mtok',
      ],
    ],
    ['an anchor that is not there', 'models: *nothing\n', ['1:9: models: names nothing']],
    ['a tag', 'models: !!js/function "x"\n', [expect.stringContaining('1:9: Unresolved tag')]],
    ['two documents', '{}\n---\n{}\n', [expect.stringContaining('2:1: Source contains multiple documents')]],
    ['a tab', 'models:\n\t- id: m\n', [expect.stringContaining('2:')]],
    ['a bracket left open', 'models: [{id: m\n', [expect.stringMatching(/^2:1: .*flow/i)]],
    [
      'NUL',
      'providers:\n  - {name: "a\\0", type: openai}\n',
      ['2:12: providers[0].name: holds a character that is not allowed'],
    ],
  ])('%s', (_, text, expected) => {
    const lines = linesOf(text).map((line) => line.replace(/^pllm\.yaml:/, ''));
    expect(lines).toEqual(expected);
  });

  it('all at once, from the top', () => {
    const lines = linesOf(
      'models:\n  - {id: a b, targets: []}\nproviders:\n  - {name: a, type: b, c: "${D}"}\n',
    );
    expect(lines.map((line) => line.split(': ').slice(0, 2).join(': '))).toEqual([
      'pllm.yaml:2:10: models[0].id',
      'pllm.yaml:2:24: models[0].targets',
      'pllm.yaml:4:21: providers[0].type',
      'pllm.yaml:4:27: providers[0].c',
    ]);
  });

  it('and tells no secret', () => {
    const text = `providers:
  - {name: "\${KEY}!", type: "\${KEY}", api_key: "a \${KEY}", base_url: "x\${KEY}", headers: {a: "\${KEY}\\n"}}
  - {name: b, type: openai, api_key: "\${KEY"}
models: [{id: "\${KEY}?", targets: [{provider: "\${KEY}", model: x}], owned_by: ["\${KEY}"]}]
`;
    const lines = linesOf(text);
    expect(lines.length).toBeGreaterThan(6);
    expect(lines.join('\n')).not.toContain('5150');
  });
});

describe('a bomb', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
  for (let level = 0; level < 12; level++) {
    const [name, below] = ['bcdefghijklmn'[level], 'abcdefghijklmn'[level]];
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${below}`).join(',')}]`);
  }
  it.each([
    ['of aliases', bomb.join('\n')],
    ['that holds itself', 'models: &a [*a]'],
    ['of brackets', `models: ${'['.repeat(50_000)}`],
    ['of brackets that close', `models: ${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['of many values', `models: [${'1,'.repeat(30_000)}1]`],
  ])('%s is refused', (_, text) => {
    const lines = linesOf(text);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(20);
  });
});
