/** What LiteLLM calls a provider, and what that is here. */
export interface Kind {
  readonly type: string;
  /** Where LiteLLM looks for a credential, or an address, that its file does not give. */
  readonly keyVariable?: string;
  readonly baseVariable?: string;
  /** What LiteLLM adds to an address by itself. */
  readonly suffix?: string;
  /** The address that members of `litellm_params` tell of, and which of them is the credential. */
  readonly place?: (text: (member: string) => string | undefined) => string;
  readonly keyMember?: string;
  /** Where it lives, and what it is at any other address. */
  readonly home?: string;
  readonly elsewhere?: string;
  /** Addresses that take no version; undefined: none takes one. */
  readonly undated?: string;
  /** Its address where LiteLLM names a region only. */
  readonly regional?: (region: string) => string;
  /** What LiteLLM writes before the name of a model to say how it is asked. */
  readonly manner?: RegExp;
}

const OPENAI: Kind = {
  type: 'openai',
  keyVariable: 'OPENAI_API_KEY',
  home: 'https://api.openai.com',
  elsewhere: 'openai-compatible',
};
const AZURE: Kind = {
  type: 'azure-openai',
  keyVariable: 'AZURE_API_KEY',
  baseVariable: 'AZURE_API_BASE',
  undated: '/openai/v1',
};
const OLLAMA: Kind = { type: 'ollama', suffix: '/v1' };
const VLLM: Kind = { type: 'vllm' };
const COMPATIBLE: Kind = { type: 'openai-compatible' };
const VERTEX: Kind = {
  type: 'vertex',
  keyVariable: 'VERTEXAI_CREDENTIALS',
  keyMember: 'vertex_credentials',
  place: (text) => {
    const project = text('vertex_project') ?? text('vertex_ai_project') ?? '${VERTEXAI_PROJECT}';
    const location = text('vertex_location') ?? text('vertex_ai_location') ?? '${VERTEXAI_LOCATION}';
    const host = location === 'global' ? '' : `${location}-`;
    return `https://${host}aiplatform.googleapis.com/v1/projects/${project}/locations/${location}`;
  },
};

/** By the part of `litellm_params.model` before its first slash. Not all of these types are built. */
const KINDS: ReadonlyMap<string, Kind> = new Map(
  Object.entries({
    openai: OPENAI,
    'text-completion-openai': OPENAI,
    azure: AZURE,
    azure_text: AZURE,
    groq: { type: 'groq', keyVariable: 'GROQ_API_KEY' },
    mistral: { type: 'mistral', keyVariable: 'MISTRAL_API_KEY' },
    deepseek: { type: 'deepseek', keyVariable: 'DEEPSEEK_API_KEY' },
    xai: { type: 'xai', keyVariable: 'XAI_API_KEY' },
    openrouter: { type: 'openrouter', keyVariable: 'OPENROUTER_API_KEY' },
    together_ai: { type: 'together', keyVariable: 'TOGETHERAI_API_KEY' },
    fireworks_ai: { type: 'fireworks', keyVariable: 'FIREWORKS_AI_API_KEY' },
    cerebras: { type: 'cerebras', keyVariable: 'CEREBRAS_API_KEY' },
    perplexity: { type: 'perplexity', keyVariable: 'PERPLEXITYAI_API_KEY' },
    nvidia_nim: { type: 'nvidia', keyVariable: 'NVIDIA_NIM_API_KEY' },
    deepinfra: { type: 'deepinfra', keyVariable: 'DEEPINFRA_API_KEY' },
    moonshot: { type: 'moonshot', keyVariable: 'MOONSHOT_API_KEY' },
    dashscope: { type: 'qwen', keyVariable: 'DASHSCOPE_API_KEY' },
    ollama: OLLAMA,
    ollama_chat: OLLAMA,
    vllm: VLLM,
    hosted_vllm: VLLM,
    openai_like: COMPATIBLE,
    custom_openai: COMPATIBLE,
    litellm_proxy: COMPATIBLE,
    lm_studio: COMPATIBLE,
    llamafile: COMPATIBLE,
    anthropic: { type: 'anthropic', keyVariable: 'ANTHROPIC_API_KEY' },
    gemini: { type: 'gemini', keyVariable: 'GEMINI_API_KEY' },
    vertex_ai: VERTEX,
    bedrock: {
      type: 'bedrock',
      regional: (region) => `https://bedrock-runtime.${region}.amazonaws.com`,
      manner: /^(?:converse|invoke|converse_like)\//,
    },
    cohere: { type: 'cohere', keyVariable: 'COHERE_API_KEY' },
    cohere_chat: { type: 'cohere', keyVariable: 'COHERE_API_KEY' },
  }),
);

/** Names that LiteLLM knows without a provider before them. */
const BARE: readonly [RegExp, string][] = [
  [
    /^(gpt-|chatgpt-|o\d|ft:|text-embedding-|dall-e-|whisper-|tts-|omni-moderation|davinci-|babbage-)/,
    'openai',
  ],
  [/^claude-/, 'anthropic'],
];

/** The provider that a model's name tells of, and its name there. */
export function kindOf(
  model: string,
  given: string | undefined,
): { prefix: string; kind: Kind | undefined; name: string } {
  const slash = model.indexOf('/');
  const prefix = given ?? (slash > 0 ? model.slice(0, slash) : '');
  const kind = KINDS.get(prefix);
  if (kind)
    return { prefix, kind, name: model.startsWith(`${prefix}/`) ? model.slice(prefix.length + 1) : model };
  const [, bare = ''] = (given === undefined && BARE.find(([pattern]) => pattern.test(model))) || [];
  return { prefix: bare || prefix || model, kind: KINDS.get(bare), name: model };
}
