import { GatewayError } from '#contract';

/** What Postgres refuses in a text: NUL, and half a surrogate pair. */
const UNSTORABLE = /[\0\p{Cs}]/u;

/** May the text stand in a table? */
export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** The id in a URL. @throws GatewayError: one that cannot be stored is one that is not there */
export const objectId = {
  transform(id: string): string {
    if (UNSTORABLE.test(id)) throw new GatewayError('not_found');
    return id;
  },
};

/**
 * Names and texts of a value from a client, at any depth. What every object has is refused too (`__proto__`,
 * `constructor`, `toString`): these objects are copied member by member, where it comes along, or goes without a word.
 *
 * @throws GatewayError
 */
export function checkTexts(value: unknown, param: string | null = null): void {
  if (typeof value === 'string' && UNSTORABLE.test(value)) {
    throw new GatewayError('invalid_value', {
      param,
      message: 'A text holds a character that is not allowed.',
    });
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name in Object.prototype) {
      const message = `Unknown parameter: '${param === null ? name : `${param}.${name}`}'.`;
      throw new GatewayError('unknown_parameter', { param: param ?? name, message });
    }
    checkTexts(name, param);
    checkTexts(member, param ?? name);
  }
}
