import { Body, Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { JsonRequest, ModerationRequest } from '#contract';
import { V1 } from '../http/prefixes.js';
import { sendAnswer } from '../http/send-answer.js';
import { wireBody } from '../http/wire-body.pipe.js';
import { callOf } from '../relay/call.js';
import { Relay } from '../relay/relay.js';
import { ModerationBody } from './moderations.body.js';

@Controller(V1)
export class ModerationsController {
  constructor(private readonly relay: Relay) {}

  @Post('moderations')
  create(
    @Body(wireBody<ModerationRequest>(ModerationBody)) request: JsonRequest<ModerationRequest>,
    @Res() reply: FastifyReply,
  ): void {
    const call = callOf('moderations', request, reply.request);
    sendAnswer(reply, false, (signal, emit) => this.relay.relay(call, signal, emit));
  }
}
