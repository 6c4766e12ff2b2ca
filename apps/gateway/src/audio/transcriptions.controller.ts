import { Body, Controller, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { asksForStream } from '#contract';
import type { TranscriptionRequest } from '#contract';
import { formBody } from '../http/body/form-body.pipe.js';
import type { IncomingForm } from '../http/body/form-body.pipe.js';
import { Uploads } from '../http/body/uploads.js';
import { V1 } from '../http/prefixes.js';
import { sendUpload } from '../http/send-upload.js';
import { callOf } from '../relay/call.js';
import { Relay } from '../relay/relay.js';
import { TranscriptionBody, TranslationBody } from './transcriptions.body.js';

type Form = IncomingForm<TranscriptionRequest>;

@Controller(V1)
export class TranscriptionsController {
  constructor(
    private readonly relay: Relay,
    private readonly uploads: Uploads,
  ) {}

  @Post('audio/transcriptions')
  async transcribe(
    @Body(formBody<TranscriptionRequest>(TranscriptionBody)) form: Form,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.send('transcriptions', form, reply);
  }

  @Post('audio/translations')
  async translate(
    @Body(formBody<TranscriptionRequest>(TranslationBody)) form: Form,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.send('translations', form, reply);
  }

  private async send(
    operation: 'transcriptions' | 'translations',
    form: Form,
    reply: FastifyReply,
  ): Promise<void> {
    const upload = await this.uploads.receive(form);
    const call = callOf(operation, upload, reply.request);
    const inPieces = asksForStream(upload.value);
    sendUpload(reply, upload, inPieces, (signal, emit) => this.relay.relay(call, signal, emit));
  }
}
