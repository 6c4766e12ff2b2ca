import { Module } from '@nestjs/common';
import { DeclarationModule } from '../declaration/declaration.module.js';
import { KeyRotation } from './key-rotation.js';
import { SystemController } from './system.controller.js';
import { System } from './system.js';

@Module({ imports: [DeclarationModule], controllers: [SystemController], providers: [System, KeyRotation] })
export class SystemModule {}
