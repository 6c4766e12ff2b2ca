const WHOLE = 'sandbox';
const BURST = 'sandbox;chunks=100';
const TRICKLE = 'sandbox;chunks=20;gap=2';

/** Images and sounds of so many bytes. */
export const SMALL_BYTES = 100_000;
export const LARGE_BYTES = 50_000_000;
export const SMALL_ANSWER = `sandbox;bytes=${SMALL_BYTES}`;
export const LARGE_ANSWER = `sandbox;bytes=${LARGE_BYTES}`;

/** What the upstream is asked for; each is a model of the gateway. */
export const SCRIPTS = [WHOLE, BURST, TRICKLE, SMALL_ANSWER, LARGE_ANSWER];

/** The gateway's name for an upstream model: of the same length, so that all programs are sent as many bytes. */
export function publicName(script) {
  return 'bench'.padEnd(script.length, '-');
}

const SMALL = { script: WHOLE, bytes: 300, stream: false };

/** Closed loop: so many connections, each sends its next request when it has its answer. */
export const CASES = [
  { name: 'chat-32', title: 'chat, 300 bytes, 32 connections', connections: 32, ...SMALL },
  { name: 'chat-1', title: 'chat, 300 bytes, 1 connection', connections: 1, ...SMALL },
  { name: 'chat-200', title: 'chat, 300 bytes, 200 connections', connections: 200, ...SMALL },
  { name: 'prompt', title: 'chat, 100 KB', connections: 32, ...SMALL, bytes: 100_000 },
  {
    name: 'burst',
    title: 'stream, 100 chunks in a burst',
    connections: 32,
    ...SMALL,
    script: BURST,
    stream: true,
  },
  {
    name: 'trickle',
    title: 'stream, 20 chunks 2 ms apart',
    connections: 32,
    ...SMALL,
    script: TRICKLE,
    stream: true,
  },
];

/** Fixed rate: so many requests a second, however long the answers take. */
export const LATENCY = { name: 'latency', title: 'chat, 300 bytes', connections: 64, rate: 200, ...SMALL };

/** The body of every request of a case, of exactly `bytes` bytes. */
export function bodyOf({ bytes, stream }, model) {
  const body = (content) => {
    const messages = [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content },
    ];
    return JSON.stringify({ model, messages, temperature: 0.7, max_tokens: 256, ...(stream && { stream }) });
  };
  const filler = 'The quick brown fox jumps over the lazy dog. ';
  return body(filler.repeat(Math.ceil(bytes / filler.length)).slice(0, bytes - body('').length));
}
