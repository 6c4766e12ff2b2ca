import { describe, expect, it } from 'vitest';
import { DEFAULT_TIMEOUTS } from '#contract';
import type { OperationName, Provider, Target } from '#contract';
import { findAdapter, PROVIDER_TYPES } from './index.js';

const provider: Provider = {
  id: 'p',
  name: 'p',
  type: 'x',
  baseUrl: 'https://host.example/base/v1',
  secret: 'secret',
  headers: {},
};
const target: Target = { provider, model: 'm', priority: 0, timeouts: DEFAULT_TIMEOUTS };

/** Its own address, and what it offers beside chat. */
const OFFERS: readonly (readonly [string, string | undefined, readonly OperationName[]])[] = [
  ['cerebras', 'https://api.cerebras.ai/v1', ['completions']],
  [
    'deepinfra',
    'https://api.deepinfra.com/v1/openai',
    ['completions', 'embeddings', 'image_generations', 'transcriptions', 'translations', 'speech'],
  ],
  ['deepseek', 'https://api.deepseek.com/v1', ['completions']],
  ['fireworks', 'https://api.fireworks.ai/inference/v1', ['completions', 'embeddings', 'rerank']],
  ['github-models', 'https://models.github.ai/inference', ['embeddings']],
  ['groq', 'https://api.groq.com/openai/v1', ['transcriptions', 'translations', 'speech']],
  ['huggingface', 'https://router.huggingface.co/v1', []],
  ['llama-cpp', 'http://localhost:8080/v1', ['completions', 'embeddings']],
  ['lm-studio', 'http://localhost:1234/v1', ['completions', 'embeddings']],
  ['mistral', 'https://api.mistral.ai/v1', ['embeddings', 'transcriptions']],
  ['moonshot', 'https://api.moonshot.ai/v1', []],
  ['nvidia', 'https://integrate.api.nvidia.com/v1', ['completions', 'embeddings']],
  ['ollama', 'http://localhost:11434/v1', ['completions', 'embeddings', 'image_generations']],
  ['openrouter', 'https://openrouter.ai/api/v1', ['completions', 'embeddings']],
  ['perplexity', 'https://api.perplexity.ai', []],
  ['qwen', 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1', ['completions', 'embeddings']],
  ['sglang', 'http://localhost:30000/v1', ['completions', 'embeddings']],
  ['tgi', 'http://localhost:8080/v1', ['completions']],
  [
    'together',
    'https://api.together.xyz/v1',
    ['completions', 'embeddings', 'rerank', 'image_generations', 'transcriptions', 'translations', 'speech'],
  ],
  [
    'vllm',
    'http://localhost:8000/v1',
    ['completions', 'embeddings', 'rerank', 'transcriptions', 'translations'],
  ],
  ['xai', 'https://api.x.ai/v1', ['completions', 'embeddings', 'image_generations']],
  ['zhipu', 'https://open.bigmodel.cn/api/paas/v4', ['embeddings', 'image_generations']],
];

describe('the adapters', () => {
  it.each(PROVIDER_TYPES)('%s is found by its name, and can chat', (type) => {
    const adapter = findAdapter(type);
    expect(adapter?.name).toBe(type);
    expect(adapter?.operations.chat).toBeDefined();
    expect(adapter?.defaultBaseUrl ?? 'https://x').toMatch(/^(https:\/\/|http:\/\/localhost:).*[^/]$/);
  });

  it('are the ones that are promised', () => {
    const promised = [
      'openai',
      'openai-compatible',
      'sandbox',
      'azure-openai',
      'anthropic',
      'cohere',
      'bedrock',
      'gemini',
      'vertex',
      ...OFFERS.map(([type]) => type),
    ];
    expect([...PROVIDER_TYPES].sort()).toEqual(promised.sort());
  });

  it.each(OFFERS)('%s lives at %s', (type, baseUrl, operations) => {
    const adapter = findAdapter(type);
    expect(adapter?.defaultBaseUrl).toBe(baseUrl);
    expect(Object.keys(adapter?.operations ?? {}).sort()).toEqual(['chat', ...operations].sort());
    expect(adapter?.address(target, 'chat').href).toBe('https://host.example/base/v1/chat/completions');
    expect(adapter?.authorize('my key')).toEqual({ authorization: 'Bearer my key' });
  });

  it.each([
    ['openai', 11],
    ['openai-compatible', 11],
    ['sandbox', 11],
  ])('%s pays for nobody’s quirks', (type, count) => {
    const { operations } = findAdapter(type) ?? {};
    expect(Object.keys(operations ?? {})).toHaveLength(count);
    for (const [name, codec] of Object.entries(operations ?? {})) {
      if (name === 'responses') continue;
      expect(codec).toBe(findAdapter('openai-compatible')?.operations[name as OperationName]);
    }
  });

  it('openai orders no documents', () =>
    expect(findAdapter('openai')?.operations).not.toHaveProperty('rerank'));

  it('know responses where OpenAI’s models live, and are asked by a chat elsewhere', () => {
    const known = PROVIDER_TYPES.filter((type) => findAdapter(type)?.operations.responses);
    expect([...known].sort()).toEqual(['azure-openai', 'openai']);
  });

  it.each(['', 'OpenAI', 'constructor', '__proto__', 'toString'])('are not found by %j', (type) => {
    expect(findAdapter(type)).toBeUndefined();
  });
});

describe('those that operators run themselves', () => {
  it.each(PROVIDER_TYPES)('%s is in their traces if it is one', (type) => {
    const isOwn = [
      'llama-cpp',
      'lm-studio',
      'ollama',
      'openai-compatible',
      'sandbox',
      'sglang',
      'tgi',
      'vllm',
    ];
    expect(findAdapter(type)?.joinsTraces).toBe(isOwn.includes(type));
  });
});

it('GitHub lists its models beside what answers', () => {
  const asked = { ...provider, baseUrl: 'https://models.github.ai/inference' };
  expect(findAdapter('github-models')?.modelsAddress(asked).href).toBe(
    'https://models.github.ai/catalog/models',
  );
});

describe('a server that speaks OpenAI’s wire', () => {
  const adapter = findAdapter('openai-compatible');

  it('is called under its base URL', () => {
    expect(adapter?.address(target, 'chat').href).toBe('https://host.example/base/v1/chat/completions');
    expect(adapter?.modelsAddress(provider).href).toBe('https://host.example/base/v1/models');
  });

  it('keeps the query of its base URL', () => {
    const asked = { ...provider, baseUrl: 'https://host.example/v1/?api-version=2' };
    expect(adapter?.modelsAddress(asked).href).toBe('https://host.example/v1/models?api-version=2');
  });

  it('is shown the secret where there is one', () => {
    expect(adapter?.authorize('my key')).toEqual({ authorization: 'Bearer my key' });
    expect(adapter?.authorize(undefined)).toEqual({});
  });
});
