import { Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { ImageRequest, JsonRequest } from '#contract';
import { V1 } from '../http/prefixes.js';
import { ReadBody } from '../http/read-body.js';
import { sendAnswer } from '../http/send-answer.js';
import { wireBody } from '../http/wire-body.pipe.js';
import { callOf } from '../relay/call.js';
import { DefaultImageModel } from '../relay/default-image-model.js';
import { Relay } from '../relay/relay.js';
import { ImageBody } from './image-generations.body.js';

@Controller(V1)
export class ImageGenerationsController {
  constructor(
    private readonly relay: Relay,
    private readonly models: DefaultImageModel,
  ) {}

  @Post('images/generations')
  create(
    @ReadBody(wireBody<ImageRequest>(ImageBody)) given: JsonRequest<ImageRequest>,
    @Res() reply: FastifyReply,
  ): void {
    const call = callOf('image_generations', this.models.complete(given), reply.request);
    sendAnswer(reply, true, (signal, emit) => this.relay.relay(call, signal, emit));
  }
}
