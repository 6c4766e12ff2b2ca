import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { printWebhookSecret } from '#metering';
import type { SecretKeys } from '#persistence';
import { SecretsGuard } from '../auth/api-key.guard.js';
import { SECRET_KEYS } from '../database/database.module.js';
import { V1_ADMIN } from '../http/prefixes.js';

/** What receivers of webhooks verify signatures with. */
@Controller(V1_ADMIN)
@UseGuards(new SecretsGuard())
export class WebhookSecretController {
  constructor(@Inject(SECRET_KEYS) private readonly keys: SecretKeys) {}

  /** Whoever has it can sign: it is not for those who may only look. */
  @Get('system/webhook-secret')
  read() {
    const [secret, ...previous] = this.keys.webhookKeys.map(printWebhookSecret);
    return { object: 'system.webhook_secret', secret, previous };
  }
}
