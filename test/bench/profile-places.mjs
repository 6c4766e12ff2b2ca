/**
 * What a stack of the profiler belongs to. A stage is found from the leaf upwards: the first frame that one of these
 * names decides, so that a socket's write counts for whoever wrote.
 */
const STAGES = [
  [
    'usage ledger: spool, batch, database',
    /metering\/src\/usage-spool|libs\/persistence|node_modules\/(pg|pg-[^/]+|@prisma|postgres-[^/]+|@electric-sql|pglite-[^/]+)\//,
  ],
  [
    'access log',
    /node_modules\/(pino|sonic-boom|thread-stream|atomic-sleep|quick-format-unescaped)\/|#logAccess$/,
  ],
  [
    'authentication',
    /gateway\/src\/auth\/(authenticator|api-key\.strategy|key-cache)|node_modules\/(passport|passport-[^/]+|@nestjs\/passport)\//,
  ],
  [
    'reading and checking the body',
    /http\/(wire-body|parse-json|validation-errors|configure-http\.js#keepBodies)|node_modules\/(class-validator|class-transformer|validator|secure-json-parse)\/|content-?type-?parser/i,
  ],
  ['upstream: encode and decode', /libs\/(providers\/|contract\/src\/sse)/],
  ['upstream: socket (undici)', /node_modules\/undici\/|libs\/upstream\//],
  [
    'answer: socket, Observable, SSE',
    /http\/(send-reply|send-error|sse-writer|to-observable|in-flight)|node_modules\/rxjs\/|node:_http_outgoing|node:_http_server#(writeHead|resOnFinish|_implicitHeader|assignSocket|detachSocket)/,
  ],
  [
    'routing, hooks and frameworks',
    /node_modules\/(fastify|find-my-way|@fastify|@nestjs|reusify|light-my-request|avvio|fast-[^/]+)\/|http\/configure-http|gateway\/src\/auth/,
  ],
  ['relay: resolve, tally, attempt', /gateway\/src\/(relay|models|completions)\/|libs\/(routing|metering)\//],
  ['client: socket and request head', /node:_http_(server|common|incoming)/],
  ['timers', /node:internal\/(timers|priority_queue)|node:timers/],
];

/** Frames of V8 itself. */
const ENGINE = new Map([
  ['(garbage collector)', 'garbage collector'],
  ['(program)', '(program): native code without JavaScript'],
  ['(root)', '(root)'],
]);

/** @param stack frames, the leaf first */
export function stageOf(stack) {
  const engine = ENGINE.get(stack[0].functionName);
  if (engine) return engine;
  for (const { url, functionName } of stack) {
    const place = `${url}#${functionName}`;
    const stage = STAGES.find(([, pattern]) => pattern.test(place));
    if (stage) return stage[0];
  }
  return 'node: streams, net, event loop, promises';
}

/** The package, folder of ours or part of Node that a frame's code is in; native functions count for their caller. */
export function areaOf(leaf, callers) {
  const engine = ENGINE.get(leaf.functionName);
  if (engine) return engine;
  const { url } = leaf;
  if (url.startsWith('node:')) return nodeArea(url);
  const npm = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (npm) return npm;
  const ours = /dist\/(apps\/[^/]+\/src\/[^/]+|libs\/[^/]+)/.exec(url)?.[1];
  if (ours) return `ours: ${ours.replace('/src/', ': ')}`;
  const [caller, ...rest] = callers;
  return caller && caller.functionName !== '(root)'
    ? `${areaOf(caller, rest).replace(/ \(native\)$/, '')} (native)`
    : 'native';
}

function nodeArea(url) {
  const name = url.replace(/^node:(internal\/)?/, '');
  if (name.startsWith('_http')) return 'node: http';
  if (/streams?\b|^stream/.test(name) && !name.startsWith('stream_base')) return 'node: streams';
  if (/^net|stream_base|tls/.test(name)) return 'node: net';
  if (/timers|priority_queue/.test(name)) return 'node: timers';
  if (/async_hooks|promises|task_queues/.test(name)) return 'node: promises, ticks, async hooks';
  return `node: ${name.split('/')[0]}`;
}

/** A function with its file; a native one with who called it. */
export function nameOf({ functionName, url, lineNumber }, callers) {
  const name = functionName || '(anonymous)';
  if (url !== '') return `\`${name}\` ${shorten(url)}:${lineNumber + 1}`;
  if (ENGINE.has(name)) return ENGINE.get(name);
  const caller = callers.find((frame) => frame.url !== '');
  return `\`${name}\` native, by ${caller ? `\`${caller.functionName || '(anonymous)'}\` ${shorten(caller.url)}` : 'the event loop'}`;
}

function shorten(url) {
  return url.replace(/.*node_modules\//, '').replace(/.*dist\//, '');
}
