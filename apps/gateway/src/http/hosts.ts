import type { IncomingMessage } from 'node:http';
import { GatewayError } from '#contract';

/** A name or address, and a port (RFC 9110, 7.2). */
const HOST = /^(?:[\w.~!$&'()*+;=%-]+|\[[\da-f:.]+\])(?::\d*)?$/i;
const SLASH = 0x2f;
const MOST_KNOWN = 100;

/** One good host, and the same one in an absolute URL: whoever stands before the gateway must have read the same. */
export class Hosts {
  private readonly known = new Set<string>();

  /** What is wrong with the version or host of a request, if anything is. */
  check({ headers, url = '', httpVersion }: IncomingMessage): GatewayError | undefined {
    const { host } = headers;
    if (httpVersion !== '1.1') {
      if (httpVersion !== '1.0') return refusal('A request must name its version of HTTP.');
      // That version knows no chunks: who relays it has read another end (RFC 9112, 6.1).
      if (headers['transfer-encoding'] !== undefined) return refusal('HTTP/1.0 has no chunks.');
    }
    if (host === undefined) {
      if (httpVersion === '1.1') return refusal('A request must name its host.');
    } else if (!this.known.has(host)) {
      // Two are joined by a comma.
      if (!HOST.test(host)) return refusal('A request must name one valid host.');
      if (this.known.size < MOST_KNOWN) this.known.add(host);
    }
    if (url.charCodeAt(0) !== SLASH && url !== '*' && authorityOf(url) !== host) {
      return refusal('The URL and the header name different hosts.');
    }
    return undefined;
  }
}

function authorityOf(url: string): string | undefined {
  return /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
}

function refusal(message: string): GatewayError {
  return new GatewayError('bad_request', { message });
}
