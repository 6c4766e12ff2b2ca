import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { PYTHON_MS, hasPython, pythonWithSdk, runExample } from '../support/run-example.js';

/** All checks in one process: to load the package takes longer than all of them. */
const SCRIPT = readFileSync(new URL('openai-python.py', import.meta.url), 'utf8');
const CHECKS = [...SCRIPT.matchAll(/^@check\("(.+)"\)$/gm)].map(([, name = '']) => name);

const MODELS = {
  'my-gpt-4': 'gpt-upstream',
  'my-gpt-35-turbo': 'gpt-upstream;chunks=5',
  'meta-llama/Llama-3.1-8B': 'gpt-upstream',
  'two-tools': 'gpt-upstream;tools=2',
  slow: 'gpt-upstream;chunks=1000;gap=20',
  busy: 'gpt-upstream;status=429;retry_after=7',
  down: 'gpt-upstream;status=500',
  broken: 'gpt-upstream;cut=2',
  'text-embedding-ada-002': 'embed-upstream',
  'stubborn-embedding': 'embed-upstream;base64=ignore',
  'dall-e-3': 'image-upstream',
  'whisper-1': 'whisper-upstream',
  'gpt-4o-transcribe': 'whisper-upstream;usage=tokens',
  'tts-1': 'tts-upstream;bytes=30000;chunks=3',
  'omni-moderation-latest': 'moderation-upstream',
};

describe.skipIf(!hasPython)('the official SDK for Python, which checks every answer', () => {
  let bench: TestBench;
  let folder: string;
  let outcomes: Record<string, string>;

  beforeAll(async () => {
    await pythonWithSdk();
    bench = await startBench({ PLLM_DEFAULT_IMAGE_MODEL: 'dall-e-3' });
    folder = mkdtempSync(join(tmpdir(), 'pllm-python-'));
    for (const [id, script] of Object.entries(MODELS)) await bench.addModel(id, script);
    await bench.addModel('closed', 'gpt-upstream');
    const itself = { name: 'openai', type: 'openai', base_url: bench.sandbox.url, api_key: 'k' };
    await bench.admin('POST', '/providers', itself);
    const targets = [{ provider: 'openai', model: 'gpt-upstream' }];
    await bench.admin('POST', '/models', { id: 'gpt-4.1', targets });
    const key = await bench.addKey({ models: [...Object.keys(MODELS), 'gpt-4.1', 'missing'] });
    const { stdout } = await runExample('python', SCRIPT, { url: bench.url, key, folder });
    outcomes = JSON.parse(stdout);
  }, PYTHON_MS);
  afterAll(async () => {
    await bench.close();
    rmSync(folder, { recursive: true });
  });

  it.each(CHECKS)('%s', (name) => expect(outcomes[name]).toBe('ok'));

  it('leaves nothing unchecked, and one call that was left in the middle', async () => {
    expect(Object.keys(outcomes)).toEqual(CHECKS);
    expect(CHECKS.length).toBeGreaterThan(30);
    const left = await bench.sandbox.ledger.waitFor(({ model }) => model === MODELS.slow);
    expect(left.chunksWritten).toBeLessThan(1_000);
    expect(left.abortedAt).toBeTypeOf('number');
  });
});
