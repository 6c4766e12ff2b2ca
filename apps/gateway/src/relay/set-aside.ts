import type { OperationName } from '#contract';
import type { Call } from './call.js';

/** Operations whose long parameters nobody reads while a target is waited for; a response, for one, is kept with its input. */
const QUIET: ReadonlySet<OperationName> = new Set(['chat', 'completions', 'messages', 'embeddings']);

/** Below this the value of a body is no burden. */
const LARGE_BYTES = 16 * 1024;
const LONG_TEXT = 1024;

type Value = Record<string, unknown>;

/**
 * What a large body said, while a target is waited for: the garbage collector would copy it, twice, and clear it away
 * again, at several times the cost of reading it. Its long parameters are read from its bytes again where somebody
 * wants them after all: another target, or an estimate.
 */
export function setAside(call: Pick<Call, 'operation' | 'request'>): void {
  const { operation, request } = call;
  if (request.upload || request.bytes.length < LARGE_BYTES || !QUIET.has(operation)) return;
  call.request = {
    ...request,
    value: lighten(request.value as unknown as Value, request.bytes),
  } as Call['request'];
}

function lighten(value: Value, bytes: Buffer): object {
  let whole: Value | undefined;
  const light = {};
  for (const name of Object.keys(value)) {
    const member = value[name];
    const isLong = Array.isArray(member) || (typeof member === 'string' && member.length > LONG_TEXT);
    const read = { get: () => (whole ??= JSON.parse(bytes.toString()) as Value)[name] };
    // Not assigned: `__proto__` is a name like any other.
    Object.defineProperty(light, name, {
      enumerable: true,
      configurable: true,
      ...(isLong ? read : { value: member, writable: true }),
    });
  }
  return light;
}
