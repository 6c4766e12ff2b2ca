import { Module } from '@nestjs/common';
import { ModerationsController } from './moderations.controller.js';

@Module({ controllers: [ModerationsController] })
export class ModerationsModule {}
