import { PassportStrategy } from '@nestjs/passport';
import { HeaderAPIKeyStrategy } from 'passport-headerapikey';
import { GatewayError } from '#contract';
import type { Caller } from './caller.js';
import type { KeyCache } from './key-cache.js';

/** The names under which a client may send its key, in the order they are asked for. */
export const KEY_HEADERS = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'] as const;
export type KeyHeader = (typeof KEY_HEADERS)[number];

/** Keys may contain spaces: everything behind the scheme counts, its ends trimmed. */
const BEARER = /^\s*bearer\s+(\S.*)$/i;

/** No key is longer; hashing more would be work for whoever asks. */
const LONGEST_KEY = 512;

/** `passport-headerapikey` for one header. Each has a name of its own; the scheme is ours to strip, whatever its case. */
export function makeApiKeyStrategy(header: KeyHeader, keys: KeyCache) {
  class ApiKeyStrategy extends PassportStrategy(HeaderAPIKeyStrategy, header) {
    constructor() {
      super({ header, prefix: '' }, false);
    }

    validate(value: string): Promise<Caller> {
      const secret = secretIn(header, value);
      if (secret === undefined) throw new GatewayError('invalid_api_key');
      return keys.identify(secret);
    }
  }
  return new ApiKeyStrategy();
}

/** The key that a header holds; undefined when it holds none. */
export function secretIn(header: KeyHeader, value: string): string | undefined {
  const secret = (header === 'authorization' ? bearerIn(value) : value)?.trim();
  return secret && secret.length <= LONGEST_KEY ? secret : undefined;
}

/** As every SDK writes it, or as somebody else does. */
function bearerIn(value: string): string | undefined {
  return value.startsWith('Bearer ') ? value.slice('Bearer '.length) : BEARER.exec(value)?.[1];
}
