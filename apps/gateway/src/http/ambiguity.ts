import type { IncomingMessage } from 'node:http';
import { GatewayError } from '#contract';

/** A name or address, and a port (RFC 9110, 7.2). */
const HOST = /^(?:[\w.~!$&'()*+;=%-]+|\[[\da-f:.]+\])(?::\d*)?$/i;
const SLASH = 0x2f;
const MOST_KNOWN = 100;

/**
 * What Node lets pass, and another program may read in another way: whoever stands before the gateway must have read
 * the same host, and the same end of the body.
 */
export class Ambiguity {
  private readonly known = new Set<string>();

  find({ headers, url = '', httpVersion }: IncomingMessage): GatewayError | undefined {
    const { host } = headers;
    if (httpVersion !== '1.1') {
      if (httpVersion !== '1.0') return refusal('A request must name its version of HTTP.');
      // That version knows no chunks (RFC 9112, 6.1).
      if (headers['transfer-encoding'] !== undefined) return refusal('HTTP/1.0 has no chunks.');
    }
    const coding = headers['transfer-encoding'];
    // Where the last one is not chunked, Node refuses it by itself.
    if (coding !== undefined && coding !== 'chunked' && /.chunked$/i.test(coding)) {
      return refusal('No transfer coding but chunked is known.');
    }
    if (host === undefined) {
      if (httpVersion === '1.1') return refusal('A request must name its host.');
    } else if (!this.known.has(host)) {
      // Two are joined by a comma.
      if (!HOST.test(host)) return refusal('A request must name one valid host.');
      if (this.known.size < MOST_KNOWN) this.known.add(host);
    }
    if (url.charCodeAt(0) !== SLASH && url !== '*') {
      const authority = authorityOf(url);
      // The router would take `*v1/models` for a path.
      if (authority === undefined) return refusal('A request must name a path or a whole URL.');
      if (authority !== host?.toLowerCase()) return refusal('The URL and the header name different hosts.');
    }
    return undefined;
  }
}

function authorityOf(url: string): string | undefined {
  return /^https?:\/\/([^/?#]*)/i.exec(url)?.[1]?.toLowerCase();
}

function refusal(message: string): GatewayError {
  return new GatewayError('bad_request', { message });
}
