import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkDeclaration } from './check-declaration.js';
import { printFaults } from './fault.js';

const guide = readFileSync(new URL('../../../../docs/guides/configuration-file.md', import.meta.url), 'utf8');
const [, example = ''] = /```yaml\n(.*?)```/s.exec(guide) ?? [];

it('the example of the guide is a good file', () => {
  const checked = checkDeclaration(example, {
    variables: { OPENAI_API_KEY: 'sk-1', AZURE_API_KEY: 'key' },
    denyPrivateUpstreams: false,
  });
  expect(checked).toMatchObject({
    body: {
      providers: [{ name: 'openai' }, { base_url: 'https://my-company.openai.azure.com' }, { type: 'vllm' }],
      models: [{ id: 'my-gpt-4', targets: [{ model: 'gpt-4o' }, {}] }, { id: 'local/*' }],
      prices: [{ model: 'gpt-4o' }, { model: 'llama3' }],
      teams: [{ name: 'research', limits: { rpm: 600 } }],
    },
    elsewhere: [],
  });
});

it('and its faults are told as the guide tells them', () => {
  const broken = example
    .replace('provider: openai,', 'provider: opneai,')
    .replace(
      "targets: [{provider: local, model: '*'}]",
      "targets: [{provider: local, model: '*'}]\n    fallback: x",
    );
  const checked = checkDeclaration(broken, {
    variables: { AZURE_API_KEY: 'key' },
    denyPrivateUpstreams: false,
  });
  const lines = 'faults' in checked ? printFaults('pllm.yaml', checked.faults) : [];
  expect(lines).toHaveLength(3);
  expect(guide).toContain(`\n${lines.join('\n')}\n`);
});
