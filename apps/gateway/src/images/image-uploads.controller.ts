import { Body, Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { ImageEditRequest, JsonRequest } from '#contract';
import { formBody, formOrJson } from '../http/body/form-body.pipe.js';
import type { IncomingForm } from '../http/body/form-body.pipe.js';
import { Uploads } from '../http/body/uploads.js';
import { V1 } from '../http/prefixes.js';
import { sendAnswer } from '../http/send-answer.js';
import { sendUpload } from '../http/send-upload.js';
import { wireBody } from '../http/wire-body.pipe.js';
import { callOf } from '../relay/call.js';
import { DefaultImageModel } from '../relay/default-image-model.js';
import { Relay } from '../relay/relay.js';
import { ImageEditBody, ImageEditJsonBody, ImageVariationBody } from './image-uploads.body.js';

type Form = IncomingForm<ImageEditRequest>;

const editBody = formOrJson(
  formBody<ImageEditRequest>(ImageEditBody),
  wireBody<ImageEditRequest>(ImageEditJsonBody),
);

@Controller(V1)
export class ImageUploadsController {
  constructor(
    private readonly relay: Relay,
    private readonly uploads: Uploads,
    private readonly models: DefaultImageModel,
  ) {}

  @Post('images/edits')
  async edit(
    @Body(editBody) given: Form | JsonRequest<ImageEditRequest>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if ('bytes' in given) this.sendJson(given, reply);
    else await this.send('image_edits', given, reply);
  }

  @Post('images/variations')
  async vary(
    @Body(formBody<ImageEditRequest>(ImageVariationBody)) form: Form,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.send('image_variations', form, reply);
  }

  private sendJson(given: JsonRequest<ImageEditRequest>, reply: FastifyReply): void {
    const call = callOf('image_edits', this.models.complete(given), reply.request);
    sendAnswer(reply, true, (signal, emit) => this.relay.relay(call, signal, emit));
  }

  private async send(
    operation: 'image_edits' | 'image_variations',
    form: Form,
    reply: FastifyReply,
  ): Promise<void> {
    const upload = await this.uploads.receive(form, (request) => this.models.complete(request));
    const call = callOf(operation, upload, reply.request);
    sendUpload(reply, upload, true, (signal, emit) => this.relay.relay(call, signal, emit));
  }
}
