import { Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { EmbeddingsRequest, JsonRequest } from '#contract';
import { V1 } from '../http/prefixes.js';
import { ReadBody } from '../http/read-body.js';
import { sendAnswer } from '../http/send-answer.js';
import { wireBody } from '../http/wire-body.pipe.js';
import { callOf } from '../relay/call.js';
import { Relay } from '../relay/relay.js';
import { EmbeddingsBody } from './embeddings.body.js';

@Controller(V1)
export class EmbeddingsController {
  constructor(private readonly relay: Relay) {}

  @Post('embeddings')
  create(
    @ReadBody(wireBody<EmbeddingsRequest>(EmbeddingsBody)) request: JsonRequest<EmbeddingsRequest>,
    @Res() reply: FastifyReply,
  ): void {
    const call = callOf('embeddings', request, reply.request);
    sendAnswer(reply, false, (signal, emit) => this.relay.relay(call, signal, emit));
  }
}
