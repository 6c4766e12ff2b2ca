import { findAdapter } from '#providers';
import type { Call } from './call.js';

/** The account that answered in the client's own words, and may keep the answer itself; undefined: none did. */
export function nativeProviderOf({ operation, answeredBy }: Call): string | undefined {
  if (!answeredBy) return undefined;
  const { id, type } = answeredBy.provider;
  return findAdapter(type)?.operations[operation] && id;
}
