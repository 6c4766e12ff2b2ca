import { anthropic } from './anthropic/adapter.js';
import { azureOpenai } from './azure-openai/adapter.js';
import { cerebras } from './cerebras/adapter.js';
import { deepinfra } from './deepinfra/adapter.js';
import { cohere } from './cohere/adapter.js';
import { bedrock } from './bedrock/adapter.js';
import { deepseek } from './deepseek/adapter.js';
import { fireworks } from './fireworks/adapter.js';
import { gemini } from './gemini/adapter.js';
import { githubModels } from './github-models/adapter.js';
import { groq } from './groq/adapter.js';
import { huggingface } from './huggingface/adapter.js';
import { llamaCpp } from './llama-cpp/adapter.js';
import { lmStudio } from './lm-studio/adapter.js';
import { mistral } from './mistral/adapter.js';
import { moonshot } from './moonshot/adapter.js';
import { nvidia } from './nvidia/adapter.js';
import { ollama } from './ollama/adapter.js';
import { openaiCompatible } from './openai-compatible/adapter.js';
import { openai } from './openai/adapter.js';
import { openrouter } from './openrouter/adapter.js';
import { perplexity } from './perplexity/adapter.js';
import { qwen } from './qwen/adapter.js';
import { sandbox } from './sandbox/adapter.js';
import { sglang } from './sglang/adapter.js';
import type { ProviderAdapter } from './spec.js';
export { isUpload, jsonIn } from './upstream-body.js';
import { tgi } from './tgi/adapter.js';
import { together } from './together/adapter.js';
import { vertex } from './vertex/adapter.js';
import { vllm } from './vllm/adapter.js';
import { xai } from './xai/adapter.js';
import { zhipu } from './zhipu/adapter.js';

export { findKnownModel } from './known-models.js';
export type {
  BytesDecoder,
  Codec,
  DecodeContext,
  Decoded,
  GrantedToken,
  Framing,
  ProviderAdapter,
  ProviderFault,
  StreamDecoder,
  TokenGrant,
  UpstreamBody,
} from './spec.js';

const ADAPTERS: readonly ProviderAdapter[] = [
  openai,
  openaiCompatible,
  anthropic,
  azureOpenai,
  cerebras,
  deepinfra,
  cohere,
  bedrock,
  deepseek,
  fireworks,
  gemini,
  githubModels,
  groq,
  huggingface,
  llamaCpp,
  lmStudio,
  mistral,
  moonshot,
  nvidia,
  ollama,
  openrouter,
  perplexity,
  qwen,
  sglang,
  tgi,
  together,
  vertex,
  vllm,
  xai,
  zhipu,
  sandbox,
];

const BY_TYPE = new Map(ADAPTERS.map((adapter) => [adapter.name, adapter]));

/** The provider types that are built, by the name an operator gives as `type`. */
export const PROVIDER_TYPES: readonly string[] = [...BY_TYPE.keys()];

/** The adapter of a provider type; undefined when there is none. */
export function findAdapter(type: string): ProviderAdapter | undefined {
  return BY_TYPE.get(type);
}
