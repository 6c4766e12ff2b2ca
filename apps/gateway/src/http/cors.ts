import type { HeaderPairs } from '#contract';

/** What a browser may keep of a preflight's answer, in seconds; more than two hours no browser does. */
const MAX_AGE = '7200';

/** Any but `authorization`, which must be named. */
const ANY_HEADER = 'authorization, *';

/** Nobody sends so many headers. */
const LONGEST_NAMES = 4_096;

/**
 * Cross-origin calls (the Fetch standard, "CORS protocol"). A key travels in a header that a page must set itself, so
 * any page may call by default: there are no cookies whose owner could be deceived.
 */
export class Cors {
  private readonly isOpen: boolean;
  private readonly origins: ReadonlySet<string>;

  /** @param origins such as `https://app.example`; `*`: any */
  constructor(origins: readonly string[]) {
    this.isOpen = origins.includes('*');
    this.origins = new Set(origins);
  }

  /** What each answer to a page of this origin says; nothing where it may not read answers. */
  headersFor(origin: string): HeaderPairs {
    if (this.isOpen) return ['access-control-allow-origin', '*', 'access-control-expose-headers', '*'];
    const vary = ['vary', 'origin'];
    if (!this.origins.has(origin)) return vary;
    return ['access-control-allow-origin', origin, 'access-control-expose-headers', '*', ...vary];
  }

  /** What may be asked of a URL that takes these methods. SDKs send headers of their own (`x-stainless-*`): any will do. */
  preflight(methods: readonly string[], requestedHeaders: string | undefined): HeaderPairs {
    return [
      'access-control-allow-methods',
      methods.join(', '),
      'access-control-allow-headers',
      namesIn(requestedHeaders) ?? ANY_HEADER,
      'access-control-max-age',
      MAX_AGE,
    ];
  }
}

/** The names of headers, if that is what they are, and no more than anybody needs. */
function namesIn(requested: string | undefined): string | undefined {
  if (requested === undefined || requested.length > LONGEST_NAMES) return undefined;
  return /^[\w!#$%&'*+.^`|~-]+(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+)*$/.test(requested) ? requested : undefined;
}
