import { ValidateBy } from 'class-validator';

/** Headers that are the connection's, or the gateway's to set. */
const OWN_HEADERS = new Set([
  'host',
  'connection',
  'content-length',
  'content-type',
  'transfer-encoding',
  'accept-encoding',
  'expect',
  'upgrade',
  'te',
  'trailer',
  'keep-alive',
]);

/** An http or https URL without credentials or fragment, and no query but Azure's `?api-version=`. */
export function IsBaseUrl(): PropertyDecorator {
  return ValidateBy({
    name: 'isBaseUrl',
    validator: {
      validate: isBaseUrl,
      defaultMessage: () =>
        '$property must be an http or https URL without credentials, fragment, or query but ?api-version=',
    },
  });
}

/** Header names to values, as RFC 9110 (5.1, 5.5) allows them. */
export function IsHeaders(): PropertyDecorator {
  return ValidateBy({
    name: 'isHeaders',
    validator: {
      validate: isHeaders,
      defaultMessage: () =>
        '$property must be header names, each once, with text values, none of them the connection’s own',
    },
  });
}

function isBaseUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, username, password } = new URL(value);
  const isPlain = /^[^?#\s]+(\?api-version=[\w.-]+)?$/.test(value);
  return /^https?:$/.test(protocol) && !username && !password && isPlain;
}

function isHeaders(value: unknown): boolean {
  const headers = Object.entries(value as Record<string, unknown>);
  const names = new Set(headers.map(([name]) => name.toLowerCase()));
  return (
    names.size === headers.length &&
    headers.every(
      ([name, text]) =>
        /^[\w!#$%&'*+.^`|~-]+$/.test(name) &&
        !OWN_HEADERS.has(name.toLowerCase()) &&
        typeof text === 'string' &&
        /^[\x20-\x7e]*$/.test(text),
    )
  );
}
