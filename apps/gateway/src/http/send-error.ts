import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { GatewayError } from '#contract';
import { connectionOf, stopDecoding } from './connections.js';
import { errorWireOf } from './error-wire.js';
import { setHead } from './set-head.js';

const LINGER_MS = 2_000;

/** Answers with an error, in the shape of the client's wire, unless the client has its answer or is gone. */
export function sendError(reply: FastifyReply, error: GatewayError): void {
  const { raw } = reply;
  if (raw.headersSent || raw.destroyed) return;
  reply.server.errorCounts.see(error.code);
  const body = JSON.stringify(errorWireOf(reply.request).body(error, reply.request.id));
  setHead(reply.request, reply);
  const headers: Record<string, string | number | string[] | undefined> = {
    ...reply.getHeaders(),
    ...error.toHeaders(),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  };
  const isRead = raw.req.complete || !hasBody(raw.req);
  // Whoever was refused unread may still be sending: the rest of it is not the next request.
  if (!isRead) headers.connection = 'close';
  const connection = connectionOf(raw.req.socket);
  if (headers.connection === 'close') connection.isClosing = true;
  stopDecoding(connection);
  if (!reply.sent) reply.hijack();
  raw.writeHead(error.status, headers);
  const text = raw.req.method === 'HEAD' ? '' : body;
  if (isRead) raw.end(text);
  else endWhenRead(raw, text);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

/**
 * To close a connection that is still being written to resets it, and the client may lose the answer before it has
 * read it (RFC 9112, 9.6). What comes is thrown away for a while.
 */
function endWhenRead(raw: ServerResponse, text: string): void {
  raw.write(text);
  const patience = setTimeout(() => raw.end(), LINGER_MS);
  const end = (): void => {
    clearTimeout(patience);
    raw.end();
  };
  raw.req.once('end', end).once('close', end).resume();
}
