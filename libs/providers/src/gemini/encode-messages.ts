import { invalid, isObject, requireList, requireObject, requireText, unsupported } from '#contract';
import type { Members } from '#contract';
import { isObjectText, readCall } from '../openai-compatible/read-tools.js';
import { encodeParts, encodeTexts } from './encode-part.js';
import type { GeminiTraits } from './gemini-traits.js';
import type { CallPart, RequestPart, TextPart, Turn } from './wire.js';

/** Messages in Gemini's order: what the system says apart, and turns of user and model. */
export interface Conversation {
  readonly system: readonly TextPart[];
  readonly turns: readonly Turn[];
}

/** What is gathered on the way through the messages. */
interface Gathered {
  readonly traits: GeminiTraits;
  readonly system: TextPart[];
  readonly turns: Turn[];
  /** Names of functions, by the id of the call and in the order of calls: Gemini wants results so. */
  readonly names: Map<string, string>;
}

type Add = (message: Members, param: string, gathered: Gathered) => void;

const addSystem: Add = ({ content }, param, { system }) => {
  system.push(...encodeTexts(content, `${param}.content`));
};

const ROLES: ReadonlyMap<unknown, Add> = new Map<unknown, Add>([
  ['system', addSystem],
  ['developer', addSystem],
  ['user', addUser],
  ['assistant', addAssistant],
  ['tool', addToolResult],
]);

/** In place of a signature that is lost, or was never Google's: Google's own word for «do not look». */
const NO_SIGNATURE = 'skip_thought_signature_validator';

/** @throws GatewayError that names the message, or the part of it, that cannot be said */
export function encodeMessages(messages: readonly unknown[], traits: GeminiTraits): Conversation {
  const gathered: Gathered = { traits, system: [], turns: [], names: new Map() };
  messages.forEach((value, index) => {
    const param = `messages[${index}]`;
    const message = requireObject(value, param);
    const add = ROLES.get(message.role);
    if (!add) throw unsupported(`${param}.role`, `This model knows no role '${String(message.role)}'.`);
    add(message, param, gathered);
  });
  const { system, turns } = gathered;
  // Google answers no call without a turn of the user; OpenAI answers one that only the system speaks in.
  if (turns.length === 0) return { system: [], turns: [{ role: 'user', parts: system }] };
  return { system, turns };
}

/** The turns as JSON. */
export function printTurns(turns: readonly Turn[], { hasCallIds }: GeminiTraits): string {
  const printed = turns.map(
    ({ role, parts }) =>
      `{"role":"${role}","parts":[${parts.map((part) => print(part, hasCallIds)).join(',')}]}`,
  );
  return `[${printed.join(',')}]`;
}

function print(part: RequestPart, hasIds: boolean): string {
  if ('functionCall' in part) {
    const { functionCall, ...rest } = part;
    const { id, name, args } = functionCall;
    const tail = JSON.stringify(rest).slice(1);
    const call = withRaw({ ...(hasIds && { id }), name }, 'args', args);
    return `{"functionCall":${call}${tail === '}' ? '' : ','}${tail}`;
  }
  if (!('functionResponse' in part)) return JSON.stringify(part);
  const { id, name, response } = part.functionResponse;
  return `{"functionResponse":${withRaw({ ...(hasIds && { id }), name }, 'response', response)}}`;
}

/** A member whose value is JSON text already. */
function withRaw(members: object, name: string, text: string): string {
  return `${JSON.stringify(members).slice(0, -1)},"${name}":${text}}`;
}

function addUser({ content }: Members, param: string, { turns, traits }: Gathered): void {
  append(turns, 'user', encodeParts(content, `${param}.content`, traits));
}

function addAssistant(message: Members, param: string, gathered: Gathered): void {
  if (message.audio) throw unsupported(`${param}.audio`, 'This model does not speak.');
  if (message.function_call) {
    throw unsupported(`${param}.function_call`, 'Use tool_calls in place of function_call.');
  }
  const texts = [
    ...encodeTexts(message.content, `${param}.content`),
    ...encodeTexts(message.refusal, `${param}.refusal`),
  ];
  const calls = requireList(message.tool_calls, `${param}.tool_calls`).map((call, index) =>
    encodeCall(call, `${param}.tool_calls[${index}]`),
  );
  for (const { functionCall } of calls) {
    // An id that was there before is now the last one: some clients count anew in every turn.
    gathered.names.delete(functionCall.id);
    gathered.names.set(functionCall.id, functionCall.name);
  }
  append(gathered.turns, 'model', [
    ...sign(texts, signatureOf(message)),
    ...(gathered.traits.wantsSignatures ? signFirst(calls) : calls),
  ]);
}

/** Google's signature under a text stands at its end, or under nothing, as it came. */
function sign(texts: readonly TextPart[], thoughtSignature: string | undefined): readonly TextPart[] {
  if (thoughtSignature === undefined) return texts;
  const { text } = texts.at(-1) ?? { text: '' };
  return [...texts.slice(0, -1), { text, thoughtSignature }];
}

/** Of calls at the same time the first one is signed. */
function signFirst([first, ...rest]: readonly CallPart[]): readonly CallPart[] {
  return first ? [{ ...first, thoughtSignature: first.thoughtSignature ?? NO_SIGNATURE }, ...rest] : [];
}

/** Where Google's own OpenAI endpoint puts a signature, and this adapter too. */
function signatureOf({ extra_content: extra }: Members): string | undefined {
  const google = isObject(extra) ? extra.google : undefined;
  const signature = isObject(google) ? google.thought_signature : undefined;
  return typeof signature === 'string' && signature !== '' ? signature : undefined;
}

function encodeCall(value: unknown, param: string): CallPart {
  const { id, name, input } = readCall(value, param);
  const thoughtSignature = isObject(value) ? signatureOf(value) : undefined;
  return {
    functionCall: { id, name, args: input },
    ...(thoughtSignature !== undefined && { thoughtSignature }),
  };
}

function addToolResult(message: Members, param: string, { turns, names }: Gathered): void {
  const id = requireText(message.tool_call_id, `${param}.tool_call_id`);
  const name = names.get(id) ?? message.name;
  if (typeof name !== 'string') {
    throw invalid(`${param}.tool_call_id`, `No message before it has a tool call with the id '${id}'.`);
  }
  const text = encodeTexts(message.content, `${param}.content`)
    .map((part) => part.text)
    .join('');
  // Google wants an object; what is one already is not wrapped into another.
  const response = isObjectText(text) ? text : JSON.stringify({ output: text });
  append(turns, 'user', [{ functionResponse: { id, name, response } }]);
  const order = [...names.keys()];
  turns.at(-1)?.parts.sort((one, other) => placeOf(one, order) - placeOf(other, order));
}

function placeOf(part: RequestPart, order: readonly string[]): number {
  const place = 'functionResponse' in part ? order.indexOf(part.functionResponse.id) : -1;
  return place < 0 ? order.length : place;
}

/** Google counts results against calls: they stand in a turn of their own. */
function append(turns: Turn[], role: Turn['role'], parts: readonly RequestPart[]): void {
  if (parts.length === 0) return;
  const last = turns.at(-1);
  const joins = last?.role === role && isOfResults(last.parts) === isOfResults(parts);
  if (joins) for (const part of parts) last.parts.push(part);
  else turns.push({ role, parts: [...parts] });
}

function isOfResults([first]: readonly RequestPart[]): boolean {
  return first !== undefined && 'functionResponse' in first;
}
