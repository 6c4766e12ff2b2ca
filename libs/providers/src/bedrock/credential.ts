import { isObject } from '#contract';

/** What a provider's secret holds: an API key that is shown, or keys that sign. */
export type Credential =
  | { readonly kind: 'api-key'; readonly apiKey: string }
  | {
      readonly kind: 'keys';
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      readonly sessionToken?: string;
      readonly region?: string;
    };

/** `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]`; API keys have no colons. */
const KEYS = /^(\w+):([^\s:]+)(?::([^\s:]+))?$/;

/** Undefined: it is JSON, and not of keys. */
export function readCredential(secret: string): Credential | undefined {
  const text = secret.trim();
  if (text.startsWith('{')) return readKeys(text);
  const [, accessKeyId, secretAccessKey, sessionToken] = KEYS.exec(text) ?? [];
  if (accessKeyId === undefined || secretAccessKey === undefined) return { kind: 'api-key', apiKey: text };
  return { kind: 'keys', accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

function readKeys(text: string): Credential | undefined {
  const { accessKeyId, secretAccessKey, sessionToken, region } = parse(text);
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string') return undefined;
  return {
    kind: 'keys',
    accessKeyId,
    secretAccessKey,
    ...(typeof sessionToken === 'string' && { sessionToken }),
    ...(typeof region === 'string' && { region }),
  };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
