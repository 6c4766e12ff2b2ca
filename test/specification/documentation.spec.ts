import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { readExamples } from '../support/read-examples.js';
import type { Example } from '../support/read-examples.js';
import { PYTHON_MS, hasPython, pythonWithSdk, runExample } from '../support/run-example.js';
import type { Language } from '../support/run-example.js';
import { shapeDifferences } from '../support/shape.js';

const ROOT = new URL('../..', import.meta.url).pathname;
const PAGES = readdirSync(join(ROOT, 'docs/api')).map((name) => `docs/api/${name}`);
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const MODELS = {
  'my-gpt-4': 'gpt-upstream',
  'my-gpt-35-turbo': 'gpt-upstream',
  'text-embedding-ada-002': 'embed-upstream',
  'dall-e-3': 'image-upstream',
  'whisper-1': 'whisper-upstream',
  'tts-1': 'tts-upstream',
  'omni-moderation-latest': 'moderation-upstream',
  'rerank-v3.5': 'rerank-upstream',
};

/** As long as an example may take on a machine that does other things too. */
vi.setConfig({ testTimeout: 90_000 });

let bench: TestBench;
/** Where examples read and write, each language in a folder of its own. */
let folder: string;
let key: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pllm-documentation-'));
  for (const language of ['sh', 'js', 'python'] satisfies Language[]) {
    const own = join(folder, language);
    mkdirSync(join(own, 'data'), { recursive: true });
    writeFileSync(join(own, 'audio.mp3'), Buffer.alloc(32_000, 1));
    writeFileSync(join(own, 'cat.png'), Buffer.from(PIXEL, 'base64'));
    writeFileSync(join(own, 'data', 'master.key'), MASTER_KEY);
  }
  bench = await startBench();
  for (const [id, script] of Object.entries(MODELS)) await bench.addModel(id, script);
  const native = { name: 'openai-itself', type: 'openai', base_url: bench.sandbox.url, api_key: 'k' };
  await bench.admin('POST', '/providers', native);
  const targets = [{ provider: native.name, model: 'gpt-upstream' }];
  await bench.admin('POST', '/models', { id: 'gpt-4.1', targets });
  key = await bench.addKey();
});
beforeAll(async () => void (hasPython && (await pythonWithSdk())), PYTHON_MS);
afterAll(async () => {
  await bench.close();
  rmSync(folder, { recursive: true });
});

/** What it printed, or wrote where it was told to. */
async function outputOf(language: Language, code: string): Promise<string> {
  const own = join(folder, language);
  const { stdout } = await runExample(language, code, { url: bench.url, key, folder: own });
  const [, file] = /--output (\S+)/.exec(code) ?? [];
  return file === undefined ? stdout : readFileSync(join(own, file), 'latin1');
}

async function check({ language, code, answer }: Example): Promise<void> {
  const output = await outputOf(language, code);
  expect(output).toMatch(/\S/);
  if (answer !== undefined) return expect(shapeDifferences(answer, JSON.parse(output))).toEqual([]);
  expect(output).not.toContain('"error"');
  if (/"stream": true|stream=true|"sse"/.test(code) && language === 'sh')
    expect(output).toMatch(/^data: \{/m);
}

describe.each(PAGES)('%s', (page) => {
  const examples = readExamples(page);
  const numbered = examples.map((example, at) => ({ ...example, at }));

  it('has every example in three languages', () => {
    const headings = [...new Set(examples.map(({ heading }) => heading))];
    const incomplete = headings.filter((heading) => {
      const languages = examples.filter((one) => one.heading === heading).map(({ language }) => language);
      return languages.toSorted().join() !== 'js,python,sh';
    });
    expect([examples.length > 0, incomplete]).toEqual([true, []]);
  });

  const inLanguage = (wanted: Language) => numbered.filter(({ language }) => language === wanted);
  it.each(inLanguage('sh'))('$heading, in $language', check);
  // At once: most of the time an SDK is read.
  it.concurrent.each(inLanguage('js'))('$heading, in $language', check);
  it.skipIf(!hasPython).concurrent.each(inLanguage('python'))('$heading, in $language', check);
});

describe('the pages of the API', () => {
  it('are about every path there is', async () => {
    const { json } = await bench.request('GET', '/openapi.json');
    const described = Object.keys(json.paths).filter((path) => !/^\/v1\/admin\/(?!models\/stats)/.test(path));
    const index = readFileSync(join(ROOT, 'docs/api/README.md'), 'utf8');
    expect(described.length).toBeGreaterThan(10);
    expect(described.filter((path) => !index.includes(`${path}\``))).toEqual([]);
  });

  it('lead to pages that are there, as all others do', () => {
    const pages = ['README.md', ...readdirSync(join(ROOT, 'docs'), { recursive: true })]
      .map((name) => (name === 'README.md' ? name : `docs/${String(name)}`))
      .filter((name) => name.endsWith('.md'));
    const dead = pages.flatMap((page) =>
      [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)]
        .map(([, link = '']) => join(dirname(page), link))
        .filter((link) => !existsSync(join(ROOT, link))),
    );
    expect(dead).toEqual([]);
  });
});

/** The blocks that call the gateway, as one script: later ones stand on what earlier ones set. */
function scriptOf(page: string): string {
  const blocks = readExamples(page).filter(
    ({ language, code }) => language === 'sh' && /\bcurl\b/.test(code),
  );
  return blocks
    .map(({ code }) => code)
    .join('\n')
    .replaceAll('sk-pllm-…', 'your-api-key')
    .replaceAll('http://127.0.0.1:8000/v1', bench.sandbox.url);
}

async function checkProgram(page: string, language: Language): Promise<void> {
  const [program] = readExamples(page).filter((one) => one.language === language);
  const code = program?.code.replaceAll('sk-pllm-…', 'your-api-key') ?? '';
  expect(await outputOf(language, code)).toContain('Hello from the PLLM sandbox');
}

describe('README.md', () => {
  it('sets a gateway up that has nothing yet', async () => {
    const { data } = await bench.admin('GET', '/models');
    for (const { id } of data) if (id === 'my-gpt-4') await bench.admin('DELETE', `/models/${id}`);
    const output = await outputOf('sh', scriptOf('README.md'));
    expect(output).toMatch(/"key":"sk-pllm-/);
    expect(output).not.toContain('"error"');
    const { data: providers } = await bench.admin('GET', '/providers');
    const made = providers.find(({ name }: { name: string }) => name === 'openai');
    // The same, but for an upstream that is there.
    await bench.admin('PATCH', `/providers/${made.id}`, { base_url: bench.sandbox.url });
  });

  it('is heard in Node', () => checkProgram('README.md', 'js'));
});

describe('docs/guides/real-model.md', () => {
  const page = 'docs/guides/real-model.md';

  it('is set up and asked by curl', async () => {
    const output = await outputOf('sh', scriptOf(page));
    expect(output).toContain('Hello from the PLLM sandbox');
    expect(output).toContain('"model":"smol"');
    expect(output).not.toContain('"error":{');
  });

  it('is asked in Node', () => checkProgram(page, 'js'));
  it.skipIf(!hasPython)('is asked in Python', () => checkProgram(page, 'python'));
});
