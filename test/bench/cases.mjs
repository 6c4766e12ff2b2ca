import { chatBody, embeddingsBody, imagesBody, messagesBody } from './bodies.mjs';

const WHOLE = 'sandbox';
const BURST = 'sandbox;chunks=100';
const TRICKLE = 'sandbox;chunks=20;gap=2';
const REFUSED = 'sandbox-;status=400';
const TRANSLATED = 'claude;chunks=100';
/** A chunk a second. */
export const SLOW_CHUNKS = 28;
export const SLOW = `sandbox;chunks=${SLOW_CHUNKS};gap=1000`;

/** Images and sounds of so many bytes. */
export const SMALL_BYTES = 100_000;
export const LARGE_BYTES = 50_000_000;
export const SMALL_ANSWER = `sandbox;bytes=${SMALL_BYTES}`;
export const LARGE_ANSWER = `sandbox;bytes=${LARGE_BYTES}`;
/** A chat with images. */
export const BODY_BYTES = 5_000_000;

/** What the upstream is asked for; each is a model of the gateway, and no two are of the same length. */
export const SCRIPTS = [WHOLE, BURST, TRICKLE, REFUSED, SLOW, SMALL_ANSWER, LARGE_ANSWER];
/** The same in Anthropic's wire. */
export const TRANSLATED_SCRIPTS = [TRANSLATED];

/** The gateway's name for an upstream model: of the same length, so that all programs are sent as many bytes. */
export function publicName(script) {
  return 'bench'.padEnd(script.length, '-');
}

/** What a case is unless it says otherwise; `tail`: how a stream ends. */
const CHAT = {
  path: '/v1/chat/completions',
  script: WHOLE,
  bytes: 300,
  stream: false,
  connections: 32,
  status: 200,
  tail: 'data: [DONE]\n\n',
  makeBody: chatBody,
};
/** Requests to warm up where one takes long. */
const FEW = { atLeast: 200 };

/**
 * Closed loop: so many connections, each sends its next request when it has its answer; with `atOnce` they take turns. `plain` is what a program is
 * asked that passes bytes on; `isRefusal`: by the gateway itself, which alone is asked. A `group` is several cases
 * under one name.
 */
export const CASES = [
  { ...CHAT, name: 'chat-32', title: 'chat, 300 bytes, 32 connections', group: 'connections' },
  { ...CHAT, name: 'chat-1', title: 'chat, 300 bytes, 1 connection', connections: 1, group: 'connections' },
  {
    ...CHAT,
    name: 'chat-200',
    title: 'chat, 300 bytes, 200 connections',
    connections: 200,
    group: 'connections',
  },
  {
    ...CHAT,
    name: 'chat-2000',
    title: 'chat, 300 bytes, 2,000 connections, 32 calls at once',
    connections: 2000,
    atOnce: 32,
    group: 'connections',
  },
  { ...CHAT, name: 'prompt', title: 'chat, 100 KB', bytes: 100_000 },
  {
    ...CHAT,
    name: 'body',
    title: 'chat with images, 5 MB, 4 connections',
    connections: 4,
    bytes: BODY_BYTES,
    makeBody: imagesBody,
    warmUp: FEW,
  },
  {
    ...CHAT,
    name: 'embeddings',
    title: 'embeddings of 100 inputs, 8 connections',
    connections: 8,
    path: '/v1/embeddings',
    makeBody: embeddingsBody,
    warmUp: { atLeast: 500 },
  },
  { ...CHAT, name: 'burst', title: 'stream, 100 chunks in a burst', script: BURST, stream: true },
  { ...CHAT, name: 'trickle', title: 'stream, 20 chunks 2 ms apart', script: TRICKLE, stream: true },
  {
    ...CHAT,
    name: 'translated',
    title: 'stream of Anthropic, 100 chunks in a burst',
    script: TRANSLATED,
    stream: true,
    plain: {
      path: '/v1/messages',
      headers: { 'anthropic-version': '2023-06-01' },
      makeBody: messagesBody,
      tail: 'event: message_stop\ndata: {"type":"message_stop"}\n\n',
    },
  },
  {
    ...CHAT,
    name: 'error-400',
    title: 'the upstream answers 400',
    script: REFUSED,
    status: 400,
    group: 'errors',
  },
  {
    ...CHAT,
    name: 'error-401',
    title: 'an unknown key: 401',
    headers: { authorization: 'Bearer sk-pllm-nobody-has-this-key' },
    status: 401,
    isRefusal: true,
    group: 'errors',
  },
  {
    ...CHAT,
    name: 'error-404',
    title: 'an unknown model: 404',
    script: 'sandbox-unknown',
    status: 404,
    isRefusal: true,
    group: 'errors',
  },
];

/** Fixed rate: so many requests a second, however long the answers take. */
export const LATENCY = { ...CHAT, name: 'latency', title: 'chat, 300 bytes', connections: 64, rate: 500 };

/** A chat as others vary it. */
export const PLAIN = CASES[0];

/** The body of every request of a case, of exactly `bytes` bytes where it names them. */
export function bodyOf(one, model) {
  return one.makeBody(model, one);
}
