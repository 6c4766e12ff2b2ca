import { Body, Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ChatRequest, WireRequest } from '#contract';
import { CurrentCaller } from '../auth/caller.js';
import type { Caller } from '../auth/caller.js';
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
    @CurrentCaller() caller: Caller,
    @Req() { id, at, startedAt }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): void {
    const call = { requestId: id, operation: 'chat', request, caller, at, startedAt } as const;
    sendReply(reply, (signal) => this.relay.relay(call, signal));
  }
}
