import { Module } from '@nestjs/common';
import { SpeechController } from './speech.controller.js';
import { TranscriptionsController } from './transcriptions.controller.js';

@Module({ controllers: [SpeechController, TranscriptionsController] })
export class AudioModule {}
