import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ChatRequest, JsonRequest } from '#contract';
import { madeContext, madeTarget } from '../../../test/support/made-context.js';
import { anthropic } from './anthropic/adapter.js';
import { bedrock } from './bedrock/adapter.js';
import { cohere } from './cohere/adapter.js';
import { gemini } from './gemini/adapter.js';
import type { Codec } from './spec.js';

type Members = Record<string, unknown>;

/** A translator of chats, and what its provider's answers are made of. */
interface Translator {
  readonly codec: Codec<'chat'> | undefined;
  readonly models: readonly string[];
  /** The messages of a request. */
  turnsOf(body: never): readonly Members[];
  /** Who answers, in the provider's word. */
  readonly speaker: string;
  /** A turn that was sent, as the provider would give it. */
  answerOf(turn: Members): object;
  /** Rounds after which nothing changes any more, where the first changes something. */
  readonly rounds?: number;
}

const TRANSLATORS: Readonly<Record<string, Translator>> = {
  anthropic: {
    codec: anthropic.operations.chat,
    models: ['claude-sonnet-4-5', 'claude-opus-4-6'],
    turnsOf: ({ messages }: { messages: Members[] }) => messages,
    speaker: 'assistant',
    answerOf: ({ content }) => ({ type: 'message', id: 'msg_1', content, stop_reason: 'end_turn' }),
  },
  bedrock: {
    codec: bedrock.operations.chat,
    models: ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'amazon.nova-pro-v1:0'],
    turnsOf: ({ messages }: { messages: Members[] }) => messages,
    speaker: 'assistant',
    answerOf: (message) => ({ output: { message }, stopReason: 'end_turn' }),
  },
  gemini: {
    codec: gemini.operations.chat,
    models: ['gemini-2.5-flash', 'gemini-3-flash'],
    turnsOf: ({ contents }: { contents: Members[] }) => contents,
    speaker: 'model',
    answerOf: (content) => ({ candidates: [{ content, finishReason: 'STOP' }], responseId: 'r' }),
  },
  cohere: {
    codec: cohere.operations.chat,
    models: ['command-a-03-2025', 'command-a-reasoning-08-2025'],
    turnsOf: ({ messages }: { messages: Members[] }) => messages,
    speaker: 'assistant',
    // A text beside calls has no place of its own: it is a plan, which comes back as a thought.
    rounds: 1,
    answerOf: (turn) => {
      const { content } = turn;
      const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
      return { id: 'a', message: { ...turn, content: parts }, finish_reason: 'COMPLETE' };
    },
  },
};

const text = fc.string({ minLength: 1, unit: 'binary' }).filter((words) => words.trim() !== '');
const call = fc.record({
  id: fc.uuid().map((id) => `call_${id}`),
  name: fc.stringMatching(/^[a-z]\w{0,7}$/),
  args: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })).map((args) => JSON.stringify(args)),
});
const image = fc.base64String({ minLength: 4, maxLength: 16 }).map((data) => ({
  type: 'image_url',
  image_url: { url: `data:image/png;base64,${data}` },
}));
const user = fc
  .oneof(
    text,
    fc.tuple(text, image).map(([words, picture]) => [{ type: 'text', text: words }, picture]),
  )
  .map((content) => ({ role: 'user', content }));

/** What an assistant says, and the results of the tools that it calls. */
const exchange = fc
  .record({
    said: fc.option(text),
    thoughts: fc.option(text),
    calls: fc.uniqueArray(call, { maxLength: 3, selector: ({ id }) => id }),
    result: text,
  })
  .filter(({ said, calls }) => said !== null || calls.length > 0)
  .map(({ said, thoughts, calls, result }) => [
    {
      role: 'assistant',
      content: said,
      ...(thoughts !== null && { reasoning_content: thoughts }),
      ...(calls.length > 0 && {
        tool_calls: calls.map(({ id, name, args }) => ({
          id,
          type: 'function',
          function: { name, arguments: args },
        })),
      }),
    },
    ...calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: result })),
  ]);
const conversation = fc
  .tuple(
    fc.option(text.map((content) => ({ role: 'system', content }))),
    fc.array(fc.tuple(user, exchange), { minLength: 1, maxLength: 3 }),
    user,
  )
  .map(([system, turns, last]): Members[] => [...(system ? [system] : []), ...turns.flat(2), last]);

const CASES = Object.entries(TRANSLATORS).flatMap(([type, { models }]) =>
  models.map((model) => [type, model] as const),
);

it.each(CASES)('a conversation with %s (%s) that went there and back goes there as it did', (type, model) => {
  const { codec, turnsOf, speaker, answerOf, rounds = 0 } = TRANSLATORS[type] as Translator;
  if (!codec) throw new Error('It has no chats.');
  const target = madeTarget(type, model);
  const encode = (messages: readonly Members[]) => {
    const asked = { value: { model: 'm', messages } } as unknown as JsonRequest<ChatRequest>;
    return JSON.parse(String(codec.encode(asked, target)));
  };
  /** What each turn of the provider is to a client. */
  const decode = (body: object): Members[] =>
    turnsOf(body as never)
      .filter(({ role }) => role === speaker)
      .map((turn) => {
        const answer = Buffer.from(JSON.stringify(answerOf(turn)));
        const context = madeContext({ type, upstreamModel: model });
        return JSON.parse(codec.decode(answer, context).body.toString()).choices[0].message;
      });
  const isSpoken = ({ role }: Members) => role === 'assistant';
  /** The conversation with what came back in place of what the assistant said. */
  const renew = (messages: readonly Members[], answers: Members[]) => {
    const renewed = messages.filter(isSpoken).map((message, at) => withIds(answers[at] ?? {}, message));
    return messages.map((message) => (isSpoken(message) ? (renewed.shift() ?? {}) : message));
  };
  fc.assert(
    fc.property(conversation, (spoken) => {
      let messages = spoken;
      for (let round = 0; round < rounds; round++) messages = renew(messages, decode(encode(messages)));
      const once = encode(messages);
      const answers = decode(once);
      expect(answers).toHaveLength(messages.filter(isSpoken).length);
      const again = encode(renew(messages, answers));
      expect(again).toEqual(once);
      expect(decode(again)).toEqual(answers);
    }),
    { numRuns: 50 },
  );
});

/** Ids of calls belong to the conversation: a provider that knows calls by their place has none to give back. */
function withIds(answer: Members, { tool_calls: given }: Members): Members {
  const ids = given as { id: string }[] | undefined;
  const calls = answer.tool_calls as object[] | undefined;
  return calls ? { ...answer, tool_calls: calls.map((one, at) => ({ ...one, id: ids?.[at]?.id })) } : answer;
}
