import {
  ANY_OBJECT,
  CAPABILITIES,
  COUNT,
  NUMBER,
  OBJECT_OR_NULL,
  TEXT,
  TEXTS,
  TEXT_OR_NULL,
  UNIX_SECONDS,
  YES_OR_NO,
  one,
  own,
  theirs,
  listOf,
} from './schema-words.js';

const TOKEN_USAGE = theirs(
  { prompt_tokens: COUNT, total_tokens: COUNT },
  {
    completion_tokens: COUNT,
    prompt_tokens_details: OBJECT_OR_NULL,
    completion_tokens_details: OBJECT_OR_NULL,
  },
);

/** Bodies of OpenAI’s wire: the members that are always there, and those that the gateway reads. */
export const OPENAI = {
  Error: own({
    error: { ...theirs({ message: TEXT, type: TEXT, param: TEXT_OR_NULL, code: TEXT_OR_NULL }) },
  }),
  ChatCompletion: theirs(
    {
      id: TEXT,
      object: one('chat.completion'),
      created: UNIX_SECONDS,
      model: TEXT,
      choices: listOf(theirs({ index: COUNT, message: ANY_OBJECT, finish_reason: TEXT_OR_NULL })),
    },
    { usage: TOKEN_USAGE },
  ),
  ChatCompletionChunk: theirs(
    {
      id: TEXT,
      object: one('chat.completion.chunk'),
      created: UNIX_SECONDS,
      model: TEXT,
      choices: listOf(theirs({ index: COUNT, delta: ANY_OBJECT })),
    },
    { usage: { anyOf: [TOKEN_USAGE, { type: 'null' }] } },
  ),
  Completion: theirs(
    {
      id: TEXT,
      object: one('text_completion'),
      created: UNIX_SECONDS,
      model: TEXT,
      choices: listOf(theirs({ index: COUNT, text: TEXT })),
    },
    { usage: { anyOf: [TOKEN_USAGE, { type: 'null' }] } },
  ),
  EmbeddingList: theirs(
    {
      object: one('list'),
      model: TEXT,
      data: listOf(
        theirs({
          object: one('embedding'),
          index: COUNT,
          embedding: {
            anyOf: [listOf(NUMBER), { type: 'string', description: 'little-endian float32, in base64' }],
          },
        }),
      ),
    },
    { usage: TOKEN_USAGE },
  ),
  ImageList: theirs(
    {
      created: UNIX_SECONDS,
      data: listOf(theirs({}, { url: TEXT, b64_json: TEXT, revised_prompt: TEXT })),
    },
    { usage: ANY_OBJECT },
  ),
  Transcription: theirs({ text: TEXT }, { usage: ANY_OBJECT, language: TEXT, duration: NUMBER }),
  Moderation: theirs({
    id: TEXT,
    model: TEXT,
    results: listOf(theirs({ flagged: YES_OR_NO, categories: ANY_OBJECT, category_scores: ANY_OBJECT })),
  }),
  Rerank: theirs(
    { results: listOf(theirs({ index: COUNT, relevance_score: NUMBER }, { document: ANY_OBJECT })) },
    { id: TEXT, meta: ANY_OBJECT, usage: ANY_OBJECT },
  ),
  Message: theirs(
    {
      id: TEXT,
      type: one('message'),
      role: one('assistant'),
      model: TEXT,
      content: listOf(theirs({ type: TEXT })),
    },
    { stop_reason: TEXT, usage: ANY_OBJECT },
  ),
  Response: theirs(
    {
      id: TEXT,
      object: one('response'),
      created_at: NUMBER,
      model: TEXT,
      output: listOf(theirs({ type: TEXT })),
    },
    { status: TEXT, usage: OBJECT_OR_NULL, error: OBJECT_OR_NULL, previous_response_id: TEXT_OR_NULL },
  ),
  InputItems: own({
    object: one('list'),
    data: listOf(theirs({ id: TEXT, type: TEXT })),
    first_id: TEXT_OR_NULL,
    last_id: TEXT_OR_NULL,
    has_more: YES_OR_NO,
  }),
  TokenCount: theirs({ input_tokens: COUNT }),
  Model: own({
    id: TEXT,
    object: one('model'),
    created: UNIX_SECONDS,
    owned_by: TEXT,
    pllm: theirs({ operations: TEXTS }, CAPABILITIES),
  }),
} as const;
