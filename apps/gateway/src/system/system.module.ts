import { Module } from '@nestjs/common';
import { DeclarationModule } from '../declaration/declaration.module.js';
import { KeyRotation } from './key-rotation.js';
import { SystemController } from './system.controller.js';
import { System } from './system.js';
import { WebhookSecretController } from './webhook-secret.controller.js';

@Module({
  imports: [DeclarationModule],
  controllers: [SystemController, WebhookSecretController],
  providers: [System, KeyRotation],
})
export class SystemModule {}
