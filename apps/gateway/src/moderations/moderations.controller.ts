import { Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { JsonRequest, ModerationRequest } from '#contract';
import { V1 } from '../http/prefixes.js';
import { ReadBody } from '../http/read-body.js';
import { sendAnswer } from '../http/send-answer.js';
import { wireBody } from '../http/wire-body.pipe.js';
import { callOf } from '../relay/call.js';
import { Relay } from '../relay/relay.js';
import { ModerationBody } from './moderations.body.js';

/** OpenAI's own choice for a call that names none. */
const DEFAULT_MODEL = 'omni-moderation-latest';

@Controller(V1)
export class ModerationsController {
  constructor(private readonly relay: Relay) {}

  @Post('moderations')
  create(
    @ReadBody(wireBody<ModerationRequest>(ModerationBody)) given: JsonRequest<ModerationRequest>,
    @Res() reply: FastifyReply,
  ): void {
    const value = { ...given.value, model: given.value.model ?? DEFAULT_MODEL };
    const call = callOf('moderations', { ...given, value }, reply.request);
    sendAnswer(reply, false, (signal, emit) => this.relay.relay(call, signal, emit));
  }
}
