import { Module } from '@nestjs/common';
import { RerankController } from './rerank.controller.js';

@Module({ controllers: [RerankController] })
export class RerankModule {}
