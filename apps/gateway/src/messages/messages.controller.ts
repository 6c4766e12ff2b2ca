import { Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { asksForStream } from '#contract';
import type { CountTokensRequest, JsonRequest, MessagesRequest } from '#contract';
import { V1 } from '../http/prefixes.js';
import { ReadBody } from '../http/read-body.js';
import { sendAnswer } from '../http/send-answer.js';
import { wireBody } from '../http/wire-body.pipe.js';
import { callOf } from '../relay/call.js';
import { Relay } from '../relay/relay.js';
import { TokenCounter } from '../relay/token-counter.js';
import { CountTokensBody, MessagesBody } from './messages.body.js';

/** Anthropic's wire, for clients that speak it. */
@Controller(V1)
export class MessagesController {
  constructor(
    private readonly relay: Relay,
    private readonly counter: TokenCounter,
  ) {}

  @Post('messages')
  create(
    @ReadBody(wireBody<MessagesRequest>(MessagesBody)) request: JsonRequest<MessagesRequest>,
    @Res() reply: FastifyReply,
  ): void {
    const call = callOf('messages', request, reply.request);
    sendAnswer(reply, asksForStream(request.value), (signal, emit) => this.relay.relay(call, signal, emit));
  }

  @Post('messages/count_tokens')
  count(
    @ReadBody(wireBody<CountTokensRequest>(CountTokensBody)) request: JsonRequest<CountTokensRequest>,
    @Res() reply: FastifyReply,
  ): void {
    const call = callOf('count_tokens', request, reply.request);
    sendAnswer(reply, false, (signal, emit) => this.counter.count(call, signal, emit));
  }
}
