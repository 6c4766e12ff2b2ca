import { Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { asksForStream } from '#contract';
import type { CompletionRequest, JsonRequest } from '#contract';
import { V1 } from '../http/prefixes.js';
import { ReadBody } from '../http/read-body.js';
import { sendAnswer } from '../http/send-answer.js';
import { wireBody } from '../http/wire-body.pipe.js';
import { callOf } from '../relay/call.js';
import { Relay } from '../relay/relay.js';
import { CompletionBody } from './completions.body.js';

@Controller(V1)
export class CompletionsController {
  constructor(private readonly relay: Relay) {}

  @Post('completions')
  create(
    @ReadBody(wireBody<CompletionRequest>(CompletionBody)) request: JsonRequest<CompletionRequest>,
    @Res() reply: FastifyReply,
  ): void {
    const call = callOf('completions', request, reply.request);
    sendAnswer(reply, asksForStream(request.value), (signal, emit) => this.relay.relay(call, signal, emit));
  }
}
