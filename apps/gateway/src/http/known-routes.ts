import type { FastifyReply } from 'fastify';
import { GatewayError } from '#contract';

/** What is routed, to tell a URL that does not exist from one that does not take the method. */
export class KnownRoutes {
  private readonly routes: { readonly methods: readonly string[]; readonly matches: RegExp }[] = [];

  add(method: string | readonly string[], url: string): void {
    const source = url
      .split('/')
      .map((segment) => (segment === '*' ? '.+' : segment.startsWith(':') ? '[^/]+' : escape(segment)))
      .join('/');
    this.routes.push({ methods: [method].flat(), matches: new RegExp(`^${source}/?$`) });
  }

  methodsOf(path: string): readonly string[] {
    // The router takes these for one.
    const plain = path.replace(/\/{2,}/g, '/');
    const routes = this.routes.filter((route) => route.matches.test(plain));
    return [...new Set(routes.flatMap((route) => route.methods))];
  }

  /** The error for a request that no route took. */
  missing(method: string, path: string, reply: FastifyReply): GatewayError {
    const methods = this.methodsOf(path);
    if (methods.length === 0)
      return new GatewayError('unknown_url', { message: `Invalid URL (${method} ${path})` });
    reply.header('allow', methods.join(', '));
    return new GatewayError('method_not_supported', { message: `${path} does not take ${method}.` });
  }
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
