import { GatewayError } from '#contract';
import type { HeaderPairs, OperationName, Target } from '#contract';
import { speak } from '#dialects';
import { findAdapter } from '#providers';
import type { Codec } from '#providers';
import { FRAMINGS } from '#upstream';
import type { AccessToken, TokenSource } from '#upstream';

/** How one operation reaches one target: what does not change from one call to the next. */
export interface Route {
  readonly origin: string;
  readonly path: string;
  /** Where the answer is to be a stream. */
  readonly streamPath: string;
  /** Of a JSON body whose answer is whole. */
  readonly headers: HeaderPairs;
  /** Of a JSON body whose answer is a stream. */
  readonly streamHeaders: HeaderPairs;
  readonly codec: Codec;
  /** What authorizes, where that is not among the headers. */
  readonly token: AccessToken | undefined;
  /** Further headers of one request; undefined: no request is signed. @throws GatewayError */
  readonly sign: ((path: string, body: Buffer) => HeaderPairs) | undefined;
  /** Does the upstream take part in traces? */
  readonly joinsTraces: boolean;
  /** The headers for any other body. */
  headersFor(contentType: string, length: number): HeaderPairs;
}

const BASE_HEADERS = { 'accept-encoding': 'identity', 'user-agent': 'pllm' };

/** Routes are made at the first call to a target. */
export class Routes {
  private readonly byTarget = new WeakMap<Target, Map<OperationName, Route>>();

  constructor(private readonly tokens: TokenSource) {}

  /** @throws GatewayError `unsupported_operation` */
  find(operation: OperationName, target: Target): Route {
    let routes = this.byTarget.get(target);
    if (!routes) this.byTarget.set(target, (routes = new Map()));
    let route = routes.get(operation);
    if (!route) routes.set(operation, (route = makeRoute(operation, target, this.tokens)));
    return route;
  }
}

function makeRoute(operation: OperationName, target: Target, tokens: TokenSource): Route {
  const { provider } = target;
  const adapter = findAdapter(provider.type);
  const spoken = adapter && speak(operation, adapter);
  if (!adapter || !spoken) throw new GatewayError('unsupported_operation', { param: 'model' });
  const { sign } = adapter;
  const { codec, asked } = spoken;
  const { origin, pathname, search } = adapter.address(target, asked);
  const stream = adapter.address(target, asked, true);
  const own = { ...BASE_HEADERS, ...adapter.authorize(provider.secret), ...provider.headers };
  const pairs = (headers: Record<string, string>): HeaderPairs =>
    Object.entries({ ...headers, ...own }).flat();
  const json = { 'content-type': 'application/json' };
  // Some answers are files.
  const whole = codec.wholeBytes > 0 ? 'application/json' : '*/*';
  return {
    origin,
    path: pathname + search,
    streamPath: stream.pathname + stream.search,
    headers: pairs({ accept: whole, ...json }),
    streamHeaders: pairs({ accept: FRAMINGS[codec.framing ?? 'sse'].contentType, ...json }),
    codec,
    token: tokens.of(provider, adapter),
    sign:
      sign &&
      ((path, body) => {
        const url = new URL(path, origin);
        const request = { method: 'POST', url, headers: { ...json, ...own }, body } as const;
        return Object.entries(sign(request, provider, new Date())).flat();
      }),
    joinsTraces: adapter.joinsTraces,
    headersFor: (contentType, length) =>
      pairs({ accept: '*/*', 'content-type': contentType, 'content-length': String(length) }),
  };
}
