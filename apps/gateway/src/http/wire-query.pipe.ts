import type { Type } from '@nestjs/common';
import type { DescribedPipe } from './described-pipe.js';
import { Envelope } from './envelope.js';

const DIGITS = /^\d{1,15}$/;

/** A query string in OpenAI's wire. @param numbers the members that are, all others are texts */
export function wireQuery<Query extends object>(
  Query: Type<Query>,
  numbers: readonly (keyof Query & string)[],
): DescribedPipe<Query> {
  const envelope = new Envelope(Query);
  return {
    Body: Query,
    isOpen: true,
    transform(given) {
      const query = { ...(given as Record<string, unknown>) };
      for (const name of numbers) {
        const text = query[name];
        if (typeof text === 'string' && DIGITS.test(text)) query[name] = Number(text);
      }
      envelope.check(query);
      return query as Query;
    },
  };
}
