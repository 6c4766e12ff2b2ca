import { Body, Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { ChatRequest, WireRequest } from '#contract';
import { callerOf } from '../auth/caller.js';
import { V1 } from '../http/prefixes.js';
import { sendReply } from '../http/send-reply.js';
import { wireBody } from '../http/wire-body.pipe.js';
import { Relay } from '../relay/relay.js';
import { ChatBody } from './chat-completions.body.js';

@Controller(V1)
export class ChatCompletionsController {
  constructor(private readonly relay: Relay) {}

  @Post('chat/completions')
  create(
    @Body(wireBody<ChatRequest>(ChatBody)) request: WireRequest<ChatRequest>,
    @Res() reply: FastifyReply,
  ): void {
    const { id: requestId, at, startedAt } = reply.request;
    const call = {
      requestId,
      operation: 'chat',
      request,
      caller: callerOf(reply.request),
      at,
      startedAt,
    } as const;
    sendReply(reply, (signal, emit) => this.relay.relay(call, signal, emit));
  }
}
