import { Module } from '@nestjs/common';
import { DeclarationModule } from '../declaration/declaration.module.js';
import { SystemController } from './system.controller.js';
import { System } from './system.js';

@Module({ imports: [DeclarationModule], controllers: [SystemController], providers: [System] })
export class SystemModule {}
