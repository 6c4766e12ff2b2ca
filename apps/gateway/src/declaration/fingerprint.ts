import { createHmac } from 'node:crypto';
import type { DeclarationBody } from './declaration.body.js';

/** Each declared object (`provider openai`) by a digest of each of its fields: tells what changed, and no secret. */
export type Fingerprint = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** From one file to the next. */
export interface Changes {
  readonly added: readonly string[];
  /** By object: the names of its fields that are others now. */
  readonly changed: Readonly<Record<string, readonly string[]>>;
  readonly removed: readonly string[];
}

/** Under a key, so that whoever finds it cannot try guesses of a short secret. */
export function fingerprint(body: DeclarationBody, key: Buffer): Fingerprint {
  const objects: [string, object][] = [
    ...(body.providers ?? []).map((one): [string, object] => [`provider ${one.name}`, one]),
    ...(body.models ?? []).map((one): [string, object] => [`model ${one.id}`, one]),
    ...(body.prices ?? []).map((one): [string, object] => [`price ${one.type}/${one.model}`, one]),
    ...(body.teams ?? []).map((one): [string, object] => [`team ${one.name}`, one]),
  ];
  return Object.fromEntries(objects.map(([name, one]) => [name, digests(one, key)]));
}

export function compareFingerprints(before: Fingerprint, after: Fingerprint): Changes {
  const kept = Object.keys(after).filter((name) => Object.hasOwn(before, name));
  const changed = kept.map((name) => [name, fieldsOf(before[name] ?? {}, after[name] ?? {})] as const);
  return {
    added: Object.keys(after).filter((name) => !Object.hasOwn(before, name)),
    changed: Object.fromEntries(changed.filter(([, fields]) => fields.length > 0)),
    removed: Object.keys(before).filter((name) => !Object.hasOwn(after, name)),
  };
}

/** `+ model a`, `~ provider b: api_key, timeouts`, `- model c` */
export function printChanges({ added, changed, removed }: Changes): string[] {
  return [
    ...added.map((name) => `+ ${name}`),
    ...Object.entries(changed).map(([name, fields]) => `~ ${name}: ${fields.join(', ')}`),
    ...removed.map((name) => `- ${name}`),
  ];
}

function digests(object: object, key: Buffer): Record<string, string> {
  const given = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    given.map(([field, value]) => [
      field,
      createHmac('sha256', key)
        .update(`${field}\0${canonical(value)}`)
        .digest('base64url'),
    ]),
  );
}

/** The same text for the same value, in whatever order its members stand. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}

function fieldsOf(before: Record<string, string>, after: Record<string, string>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).toSorted();
}
