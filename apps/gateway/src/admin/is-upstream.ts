import { ValidateBy } from 'class-validator';
import { isForbiddenHost } from '#upstream';

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

/** No URL whose host can be seen to be a link-local or metadata address. */
export function IsAllowedHost(): PropertyDecorator {
  return ValidateBy({
    name: 'isAllowedHost',
    validator: {
      validate: (value: unknown) => !isForbiddenUrl(value, false),
      defaultMessage: () => '$property must not be at a link-local or metadata address',
    },
  });
}

/** Why a URL is refused that would be good elsewhere. */
export const PRIVATE_DENIED = 'must not be at a private address (PLLM_PRIVATE_UPSTREAMS=deny)';

/** Would no socket be opened to this URL, whatever is looked up? */
export function isForbiddenUrl(value: unknown, denyPrivate: boolean): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  // The parser writes every spelling of an address as one; brackets are the URL's.
  return isForbiddenHost(new URL(value).hostname.replace(/^\[|\]$/g, ''), denyPrivate);
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
