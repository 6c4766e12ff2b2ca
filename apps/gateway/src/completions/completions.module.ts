import { Module } from '@nestjs/common';
import { ChatCompletionsController } from './chat-completions.controller.js';
import { CompletionsController } from './completions.controller.js';

@Module({ controllers: [ChatCompletionsController, CompletionsController] })
export class CompletionsModule {}
