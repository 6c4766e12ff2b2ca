import { isObject } from '#contract';

/** Google's JSON key of a service account: what of it is needed. */
export interface ServiceAccount {
  readonly email: string;
  readonly privateKey: string;
  readonly keyId: string | undefined;
  readonly project: string | undefined;
  readonly tokenUrl: URL;
}

/** What a provider's secret is, by its shape. */
export type Secret =
  | { readonly kind: 'none' }
  | { readonly kind: 'account'; readonly account: ServiceAccount }
  /** A key of the API, as in Vertex AI's express mode. */
  | { readonly kind: 'key'; readonly key: string }
  /** An access token that somebody else made. */
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'fault'; readonly message: string };

const API_KEY = /^(?:AIza|AQ\.)/;
const PRIVATE_KEY = /^-----BEGIN (?:RSA )?PRIVATE KEY-----[\s\S]+-----END/;
const TOKEN_URL = 'https://oauth2.googleapis.com/token';

export function readSecret(secret: string | undefined): Secret {
  if (secret === undefined) return { kind: 'none' };
  const text = secret.trim();
  if (text.startsWith('{')) return readAccount(text);
  if (text.endsWith('.json')) return fault("is a file's name: it must be what the file holds");
  return API_KEY.test(text) ? { kind: 'key', key: text } : { kind: 'token', token: text };
}

function readAccount(text: string): Secret {
  const members = parse(text);
  if (!members) return fault('is not valid JSON');
  const { type, client_email: email, private_key: privateKey, private_key_id: keyId } = members;
  const { project_id: project, token_uri: tokenUri = TOKEN_URL } = members;
  if (type !== 'service_account') return fault("is JSON, but not the key of a service account (its 'type')");
  if (!isText(email)) return fault("is a service account's key without 'client_email'");
  if (!isText(privateKey) || !PRIVATE_KEY.test(privateKey)) {
    return fault("is a service account's key whose 'private_key' is not a PEM private key");
  }
  if (!isText(tokenUri) || !/^https?:\/\//.test(tokenUri) || !URL.canParse(tokenUri)) {
    return fault("is a service account's key whose 'token_uri' is not a URL");
  }
  const optional = {
    keyId: isText(keyId) ? keyId : undefined,
    project: isText(project) ? project : undefined,
  };
  return { kind: 'account', account: { email, privateKey, tokenUrl: new URL(tokenUri), ...optional } };
}

function fault(message: string): Secret {
  return { kind: 'fault', message };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
