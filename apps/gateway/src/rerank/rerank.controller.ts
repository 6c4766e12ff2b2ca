import { Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { JsonRequest, RerankRequest } from '#contract';
import { V1 } from '../http/prefixes.js';
import { ReadBody } from '../http/read-body.js';
import { sendAnswer } from '../http/send-answer.js';
import { wireBody } from '../http/wire-body.pipe.js';
import { callOf } from '../relay/call.js';
import { Relay } from '../relay/relay.js';
import { RerankBody } from './rerank.body.js';

@Controller(V1)
export class RerankController {
  constructor(private readonly relay: Relay) {}

  @Post('rerank')
  create(
    @ReadBody(wireBody<RerankRequest>(RerankBody)) request: JsonRequest<RerankRequest>,
    @Res() reply: FastifyReply,
  ): void {
    const call = callOf('rerank', request, reply.request);
    sendAnswer(reply, false, (signal, emit) => this.relay.relay(call, signal, emit));
  }
}
