import { Module } from '@nestjs/common';
import { ChatCompletionsController } from './chat-completions.controller.js';

@Module({ controllers: [ChatCompletionsController] })
export class CompletionsModule {}
