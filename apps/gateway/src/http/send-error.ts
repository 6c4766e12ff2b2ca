import type { FastifyReply } from 'fastify';
import type { GatewayError } from '#contract';

/** Answers with an error, in OpenAI's shape, unless the client has its answer or is gone. */
export function sendError(reply: FastifyReply, error: GatewayError): void {
  const { raw } = reply;
  if (raw.headersSent || raw.destroyed) return;
  const body = JSON.stringify(error.toBody());
  const headers: Record<string, string | number | string[] | undefined> = {
    ...reply.getHeaders(),
    ...error.toHeaders(),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  };
  // Whoever was refused unread may still be sending: the rest of it is not the next request.
  if (!raw.req.complete) headers.connection = 'close';
  if (!reply.sent) reply.hijack();
  raw.writeHead(error.status, headers);
  raw.end(raw.req.method === 'HEAD' ? undefined : body);
}
