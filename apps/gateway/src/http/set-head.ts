import type { FastifyReply, FastifyRequest } from 'fastify';

/** Where Fastify, or an error, is the answer; whoever takes the socket over writes `answerHead` with its own headers. */
export function setHead({ answerHead, startedAt }: FastifyRequest, reply: FastifyReply): void {
  // A URL that cannot be read is refused before there is a head.
  if (!startedAt) return;
  for (let at = 0; at < answerHead.length; at += 2)
    reply.header(answerHead[at] as string, answerHead[at + 1]);
}
