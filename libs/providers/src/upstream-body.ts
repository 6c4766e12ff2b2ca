import type { UpstreamBody, UpstreamUpload } from './spec.js';

/** JSON in one piece, for whoever rewrites more of it; undefined: it is an upload. */
export function jsonIn(body: UpstreamBody): Buffer | undefined {
  if (Buffer.isBuffer(body)) return body;
  return isUpload(body) ? undefined : Buffer.concat(body);
}

export function isUpload(body: UpstreamBody): body is UpstreamUpload {
  return 'contentType' in body;
}
