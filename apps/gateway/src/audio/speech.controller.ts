import { Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { JsonRequest, SpeechRequest } from '#contract';
import { V1 } from '../http/prefixes.js';
import { ReadBody } from '../http/read-body.js';
import { sendAnswer } from '../http/send-answer.js';
import { wireBody } from '../http/wire-body.pipe.js';
import { callOf } from '../relay/call.js';
import { Relay } from '../relay/relay.js';
import { SpeechBody } from './speech.body.js';

@Controller(V1)
export class SpeechController {
  constructor(private readonly relay: Relay) {}

  @Post('audio/speech')
  create(
    @ReadBody(wireBody<SpeechRequest>(SpeechBody)) request: JsonRequest<SpeechRequest>,
    @Res() reply: FastifyReply,
  ): void {
    const call = callOf('speech', request, reply.request);
    sendAnswer(reply, true, (signal, emit) => this.relay.relay(call, signal, emit));
  }
}
