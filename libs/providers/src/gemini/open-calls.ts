import { broken } from '../openai-compatible/decode-stream.js';
import { callId, signed } from './read-answer.js';
import type { AnswerCall, PartialArg } from './wire.js';

type Members = Record<string, unknown>;

const NOTHING: object[] = [];

/** The calls of a streamed answer: whole ones, and those whose arguments come one by one. */
export class OpenCalls {
  count = 0;
  /** Arguments of the call that is not whole yet. */
  private open: Members | undefined;

  /** @param answer its id @param isSingle does the client take one call at a time? */
  constructor(
    private readonly answer: string,
    private readonly isSingle: boolean,
  ) {}

  /** @param args as they stand in the text @returns deltas that the client should see */
  take(call: AnswerCall, args: string | undefined, signature: string | undefined): object[] {
    const { name, willContinue } = call;
    if (name === undefined) return this.extend(call);
    const closed = this.close();
    // A model that cannot be told to call one tool at a time is taken at its first word.
    if (this.isSingle && this.count > 0) return closed;
    const index = this.count++;
    if (willContinue) this.open = emptyMembers();
    const called = { name, arguments: willContinue ? '' : (args ?? '{}') };
    const id = callId(call, this.answer, index);
    const opened = { index, id, type: 'function', function: called, ...signed(signature) };
    return [...closed, { tool_calls: [opened] }];
  }

  /** The arguments of a call that nothing was said of since. */
  close(): object[] {
    if (!this.open) return NOTHING;
    const called = { arguments: JSON.stringify(this.open) };
    this.open = undefined;
    return [{ tool_calls: [{ index: this.count - 1, function: called }] }];
  }

  private extend({ partialArgs = [], willContinue }: AnswerCall): object[] {
    for (const arg of this.open ? partialArgs : []) put(this.open as Members, arg);
    return willContinue ? NOTHING : this.close();
  }
}

/** An object in which `__proto__` is a name as any other. */
function emptyMembers(): Members {
  return Object.create(null) as Members;
}

const STEP = /\.([^.[\]]+)|\[(\d+)\]|\[(?:'([^']*)'|"([^"]*)")\]/g;

/** Puts a value where its path (`$.items[0].name`) says; a text continues the one that is there. */
function put(root: Members, { jsonPath = '', ...value }: PartialArg): void {
  const steps = [...jsonPath.matchAll(STEP)].map(([, name, index, quoted, other]) =>
    index === undefined ? (name ?? quoted ?? other ?? '') : Number(index),
  );
  const last = steps.pop();
  if (last === undefined) return;
  let at: Members | unknown[] = root;
  steps.forEach((step, depth) => {
    const isOfList = typeof (steps[depth + 1] ?? last) === 'number';
    const next = read(at, step) ?? (isOfList ? [] : emptyMembers());
    if (typeof next !== 'object') throw broken('The provider sent arguments that do not fit each other.');
    write(at, step, next);
    at = next as Members | unknown[];
  });
  const before = read(at, last);
  const { stringValue: text } = value;
  const joined = typeof before === 'string' && text !== undefined ? before + text : valueOf(value);
  write(at, last, joined);
}

function valueOf({ stringValue, numberValue, boolValue }: PartialArg): unknown {
  return stringValue ?? numberValue ?? boolValue ?? null;
}

function read(at: Members | unknown[], step: string | number): unknown {
  return (at as Members)[step];
}

function write(at: Members | unknown[], step: string | number, value: unknown): void {
  // A list grows at its end: a far index would be a list of holes.
  const fits = Array.isArray(at) ? typeof step === 'number' && step <= at.length : typeof step === 'string';
  if (!fits) throw broken('The provider sent arguments that do not fit each other.');
  (at as Members)[step] = value;
}
