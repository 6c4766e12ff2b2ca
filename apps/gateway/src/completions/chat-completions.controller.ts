import { Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { asksForStream } from '#contract';
import type { ChatRequest, JsonRequest } from '#contract';
import { V1 } from '../http/prefixes.js';
import { ReadBody } from '../http/read-body.js';
import { sendAnswer } from '../http/send-answer.js';
import { wireBody } from '../http/wire-body.pipe.js';
import { callOf } from '../relay/call.js';
import { Relay } from '../relay/relay.js';
import { ChatBody } from './chat-completions.body.js';

@Controller(V1)
export class ChatCompletionsController {
  constructor(private readonly relay: Relay) {}

  @Post('chat/completions')
  create(
    @ReadBody(wireBody<ChatRequest>(ChatBody)) request: JsonRequest<ChatRequest>,
    @Res() reply: FastifyReply,
  ): void {
    const call = callOf('chat', request, reply.request);
    sendAnswer(reply, asksForStream(request.value), (signal, emit) => this.relay.relay(call, signal, emit));
  }
}
