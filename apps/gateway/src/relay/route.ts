import { GatewayError } from '#contract';
import type { HeaderPairs, OperationName, Target } from '#contract';
import { findAdapter } from '#providers';
import type { Codec } from '#providers';
import { FRAMINGS } from '#upstream';

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

  /** @throws GatewayError `unsupported_operation` */
  find(operation: OperationName, target: Target): Route {
    let routes = this.byTarget.get(target);
    if (!routes) this.byTarget.set(target, (routes = new Map()));
    let route = routes.get(operation);
    if (!route) routes.set(operation, (route = makeRoute(operation, target)));
    return route;
  }
}

function makeRoute(operation: OperationName, target: Target): Route {
  const { provider } = target;
  const adapter = findAdapter(provider.type);
  const codec = adapter?.operations[operation];
  if (!adapter || !codec) throw new GatewayError('unsupported_operation', { param: 'model' });
  const { sign } = adapter;
  const { origin, pathname, search } = adapter.address(target, operation);
  const stream = adapter.address(target, operation, true);
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
    codec: codec as Codec,
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
