import { Fault } from '../../fault.js';
import * as rules from '../rules.js';

const PART = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'thought',
  'thoughtSignature',
];
const KINDS = ['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse'];
const ROLES = ['user', 'model'];
/** These know calls by their place. */
const WITHOUT_IDS = /\bgemini-[12]\b/;

/** Contents as messages of OpenAI; one that brings results is the tool's. @throws Fault */
export function readTurns(given: unknown, model: string): object[] {
  let calls: unknown[] = [];
  let last: unknown;
  return rules.requireItems(given, 'contents').map((value, index) => {
    const at = `contents[${index}]`;
    const { role, parts: list } = rules.requireMembers(value, at, ['role!', 'parts!']);
    rules.requireWord(role, `${at}.role`, ROLES);
    if (role === last || (index === 0 && role !== 'user'))
      throw new Fault('Please ensure that roles alternate between user and model, the user first.');
    last = role;
    const parts = rules
      .requireItems(list, `${at}.parts`)
      .map((part, place) => readPart(part, `${at}.parts[${place}]`, model));
    const results = namesIn(parts, 'functionResponse');
    if (role === 'user') checkOrder(calls, results);
    calls = namesIn(parts, 'functionCall');
    return { role: results.length > 0 ? 'tool' : role === 'model' ? 'assistant' : role, content: parts };
  });
}

function checkOrder(calls: readonly unknown[], results: readonly unknown[]): void {
  if (calls.join() !== results.join())
    throw new Fault(
      'The function response parts must be those of the function call parts of the turn before.',
    );
}

function namesIn(parts: readonly rules.Members[], kind: string): unknown[] {
  return parts.flatMap((part) => (part[kind] as { name?: unknown } | undefined)?.name ?? []);
}

function readPart(value: unknown, at: string, model: string): rules.Members {
  const part = rules.requireMembers(value, at, PART);
  const kinds = KINDS.filter((kind) => part[kind] !== undefined);
  if (kinds.length !== 1) throw new Fault(`${at}.data: must have one initialized field`);
  const { inlineData, fileData, functionCall, functionResponse } = part;
  if (inlineData !== undefined) {
    const { data } = rules.requireMembers(inlineData, `${at}.inlineData`, ['mimeType!', 'data!']);
    if (!/^[A-Za-z0-9+/]+=*$/.test(String(data)))
      throw new Fault(`${at}.inlineData.data: Base64 decoding failed`);
  }
  if (fileData !== undefined) rules.requireMembers(fileData, `${at}.fileData`, ['mimeType', 'fileUri!']);
  const id = WITHOUT_IDS.test(model) ? [] : ['id'];
  if (functionCall !== undefined) checkCall(functionCall, `${at}.functionCall`, ['name!', 'args', ...id]);
  if (functionResponse !== undefined)
    checkCall(functionResponse, `${at}.functionResponse`, ['name!', 'response!', ...id]);
  return part;
}

function checkCall(value: unknown, at: string, names: rules.Names): void {
  const { args, response } = rules.requireMembers(value, at, names);
  for (const object of [args, response])
    if (object !== undefined && (typeof object !== 'object' || Array.isArray(object)))
      throw new Fault(`${at}: a Struct is an object`);
}
