import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatRequest, JsonRequest } from '#contract';
import { madeContext, madeTarget } from '../../../test/support/made-context.js';
import { findAdapter } from './index.js';

/** A provider with a wire of its own: the answers that an assistant's turns in a request would have been. */
interface Peer {
  readonly type: string;
  readonly model: string;
  readonly keepsThoughts: boolean;
  answersIn(request: Record<string, Turn[]>): object[];
}

interface Turn {
  readonly role: string;
  readonly content?: unknown;
}

interface Call {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

interface Message {
  readonly role: string;
  readonly content?: string | null | readonly { readonly text: string }[];
  readonly tool_calls?: readonly Call[];
  readonly thinking_blocks?: readonly object[];
  readonly tool_call_id?: string;
}

const PEERS: readonly Peer[] = [
  {
    type: 'anthropic',
    model: 'claude-sonnet-4-5',
    keepsThoughts: true,
    answersIn: ({ messages = [] }) =>
      turnsOf('assistant', messages).map(({ content }) => ({ type: 'message', id: 'msg_1', content })),
  },
  {
    type: 'bedrock',
    model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    keepsThoughts: true,
    answersIn: ({ messages = [] }) =>
      turnsOf('assistant', messages).map((message) => ({ output: { message }, stopReason: 'end_turn' })),
  },
  {
    type: 'gemini',
    model: 'gemini-3-pro-preview',
    keepsThoughts: false,
    answersIn: ({ contents = [] }) =>
      turnsOf('model', contents).map((content) => ({
        responseId: 'r',
        candidates: [{ content, finishReason: 'STOP' }],
      })),
  },
];

const turnsOf = (role: string, turns: readonly Turn[]): Turn[] => turns.filter((turn) => turn.role === role);

function codecOf({ type }: Peer) {
  const codec = findAdapter(type)?.operations.chat;
  if (!codec) throw new Error(`${type} cannot chat`);
  return codec;
}

function encode(peer: Peer, messages: readonly Message[]): Record<string, Turn[]> {
  const tools = [{ type: 'function', function: { name: 'f' } }];
  const value = { model: 'm', messages, tools } as unknown as ChatRequest;
  const asked = { value } as JsonRequest<ChatRequest>;
  return JSON.parse(codecOf(peer).encode(asked, madeTarget(peer.type, peer.model)).toString());
}

/** The conversation as a client has it that was given the assistant's turns as answers. */
function decode(peer: Peer, request: Record<string, Turn[]>, messages: readonly Message[]): Message[] {
  const context = madeContext({ type: peer.type, upstreamModel: peer.model });
  const answers = peer.answersIn(request).map((answer) => {
    const { body } = codecOf(peer).decode(Buffer.from(JSON.stringify(answer)), context);
    return JSON.parse(body.toString()).choices[0].message as Message;
  });
  expect(answers).toHaveLength(messages.filter(({ role }) => role === 'assistant').length);
  return messages.map((message) => (message.role === 'assistant' ? (answers.shift() as Message) : message));
}

/** What may not be lost on the way. */
function held({ content, tool_calls: calls = [], thinking_blocks: thoughts = [] }: Message, keeps: boolean) {
  const text = typeof content === 'string' ? content : (content ?? []).map((part) => part.text).join('');
  const called = calls.map(({ id, function: { name, arguments: given } }) => [id, name, JSON.parse(given)]);
  return { text, called, thoughts: keeps ? thoughts : [] };
}

const text = fc
  .string({ minLength: 1, unit: 'binary' })
  .filter((given) => given.trim() !== '' && given === given.trim());
const parts = fc.array(
  text.map((given) => ({ type: 'text', text: given })),
  { minLength: 1, maxLength: 3 },
);
const thought = fc.oneof(
  fc.record({ type: fc.constant('thinking'), thinking: text, signature: fc.base64String({ minLength: 4 }) }),
  fc.record({ type: fc.constant('redacted_thinking'), data: fc.base64String({ minLength: 4 }) }),
);
const call = fc.record({
  name: fc.stringMatching(/^\w{1,8}$/),
  input: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
});
const round = fc.record({
  user: fc.oneof(text, parts),
  said: fc.oneof(text, parts),
  isSilent: fc.boolean(),
  thoughts: fc.array(thought, { maxLength: 2 }),
  calls: fc.array(call, { maxLength: 3 }),
  result: fc.oneof(text, fc.constant(''), fc.json()),
});

type Round = typeof round extends fc.Arbitrary<infer Made> ? Made : never;

function messagesOf({ user, said, isSilent, thoughts, calls, result }: Round, index: number): Message[] {
  const made = calls.map(({ name, input }, place): Call => ({
    id: `call_${index}_${place}`,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  }));
  const assistant: Message = {
    role: 'assistant',
    content: isSilent && made.length > 0 ? null : said,
    ...(thoughts.length > 0 && { thinking_blocks: thoughts }),
    ...(made.length > 0 && { tool_calls: made }),
  };
  const results = made.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: result }));
  return [{ role: 'user', content: user }, assistant, ...results];
}

const conversation = fc
  .array(round, { minLength: 1, maxLength: 3 })
  .map((rounds): Message[] => [...rounds.flatMap(messagesOf), { role: 'user', content: 'And now?' }]);

describe.each(PEERS)('a conversation with $type', (peer) => {
  it('is the same after each turn through the provider’s wire, and loses nothing at the first', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        const once = decode(peer, encode(peer, messages), messages);
        expect(once.map((message) => held(message, peer.keepsThoughts))).toEqual(
          messages.map((message) => held(message, peer.keepsThoughts)),
        );
        const request = encode(peer, once);
        const twice = decode(peer, request, once);
        expect(twice).toEqual(once);
        expect(encode(peer, twice)).toEqual(request);
      }),
    );
  });
});
