import { parseBody } from '../chat-request.js';
import { Fault } from '../fault.js';
import { isRecord } from '../json.js';

export type Members = Readonly<Record<string, unknown>>;

/** Names of members; those that end in `!` must be there. */
export type Names = readonly string[];

/** An object with these members and no other. @throws Fault that says where it is not */
export function requireMembers(value: unknown, at: string, names: Names): Members {
  if (!isRecord(value)) throw new Fault(`${at}: Input should be an object`);
  const known = new Set(names.map((name) => name.replace('!', '')));
  for (const name of Object.keys(value))
    if (!known.has(name)) throw new Fault(`${at}.${name}: Extra inputs are not permitted`);
  for (const name of names)
    if (name.endsWith('!') && value[name.slice(0, -1)] === undefined)
      throw new Fault(`${at}.${name.slice(0, -1)}: Field required`);
  return value;
}

/** The same of a body. */
export function readMembers(text: string, names: Names): Members {
  return requireMembers(parseBody(text), 'body', names);
}

/** @throws Fault */
export function requireItems(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) throw new Fault(`${at}: at least one item is required`);
  return value;
}

/** The items of a list that may be absent. @throws Fault */
export function itemsOf(value: unknown, at: string): readonly unknown[] {
  return value === undefined ? [] : requireItems(value, at);
}

/** @throws Fault */
export function requireText(value: unknown, at: string): string {
  if (typeof value !== 'string' || value === '') throw new Fault(`${at}: Input should be a non-empty string`);
  return value;
}

/** The text of a JSON object. @throws Fault */
export function requireJsonObject(value: unknown, at: string): void {
  try {
    if (isRecord(JSON.parse(requireText(value, at)))) return;
  } catch {
    // As what it is: no object.
  }
  throw new Fault(`${at}: Input should be the text of a JSON object`);
}

/** One of some words. @throws Fault */
export function requireWord(value: unknown, at: string, words: readonly string[]): string {
  if (typeof value === 'string' && words.includes(value)) return value;
  throw new Fault(`${at}: Input should be one of ${words.join(', ')}`);
}

/** A number within bounds; absent is as good. @throws Fault */
export function checkNumber(value: unknown, at: string, least: number, most: number): void {
  if (value === undefined || (typeof value === 'number' && value >= least && value <= most)) return;
  throw new Fault(`${at}: Input should be a number from ${least} to ${most}`);
}

/** A schema of objects. @throws Fault */
export function requireObjectSchema(value: unknown, at: string): void {
  if (!isRecord(value) || value['type'] !== 'object') throw new Fault(`${at}.type: Input should be 'object'`);
}

/** Every call has its result, in the message behind it, and no result is of another call. @throws Fault */
export function checkResults(calls: readonly unknown[], results: readonly unknown[], at: string): void {
  for (const call of calls)
    if (!results.includes(call)) throw new Fault(`${at}: no result for the call ${String(call)}`);
  for (const result of results)
    if (!calls.includes(result)) throw new Fault(`${at}: unexpected result of ${String(result)}`);
}
