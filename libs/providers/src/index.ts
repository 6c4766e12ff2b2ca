import { anthropic } from './anthropic/adapter.js';
import { azureOpenai } from './azure-openai/adapter.js';
import { bedrock } from './bedrock/adapter.js';
import { deepseek } from './deepseek/adapter.js';
import { fireworks } from './fireworks/adapter.js';
import { gemini } from './gemini/adapter.js';
import { groq } from './groq/adapter.js';
import { mistral } from './mistral/adapter.js';
import { ollama } from './ollama/adapter.js';
import { openai } from './openai/adapter.js';
import { openaiCompatible } from './openai-compatible/adapter.js';
import { openrouter } from './openrouter/adapter.js';
import { sandbox } from './sandbox/adapter.js';
import type { ProviderAdapter } from './spec.js';
import { together } from './together/adapter.js';
import { vllm } from './vllm/adapter.js';
import { xai } from './xai/adapter.js';

export type {
  BytesDecoder,
  Codec,
  DecodeContext,
  Decoded,
  Framing,
  ProviderAdapter,
  StreamDecoder,
  UpstreamBody,
} from './spec.js';

const ADAPTERS: readonly ProviderAdapter[] = [
  openai,
  openaiCompatible,
  anthropic,
  azureOpenai,
  bedrock,
  deepseek,
  fireworks,
  gemini,
  groq,
  mistral,
  ollama,
  openrouter,
  together,
  vllm,
  xai,
  sandbox,
];

const BY_TYPE = new Map(ADAPTERS.map((adapter) => [adapter.name, adapter]));

/** The provider types that are built, by the name an operator gives as `type`. */
export const PROVIDER_TYPES: readonly string[] = [...BY_TYPE.keys()];

/** The adapter of a provider type; undefined when there is none. */
export function findAdapter(type: string): ProviderAdapter | undefined {
  return BY_TYPE.get(type);
}
