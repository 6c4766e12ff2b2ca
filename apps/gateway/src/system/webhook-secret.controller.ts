import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { GatewayError } from '#contract';
import { printWebhookSecret } from '#metering';
import type { SecretKeys } from '#persistence';
import { AdminGuard } from '../auth/api-key.guard.js';
import { CurrentCaller } from '../auth/caller.js';
import type { Caller } from '../auth/caller.js';
import { SECRET_KEYS } from '../database/database.module.js';
import { V1_ADMIN } from '../http/prefixes.js';

/** What receivers of webhooks verify signatures with. */
@Controller(V1_ADMIN)
@UseGuards(new AdminGuard())
export class WebhookSecretController {
  constructor(@Inject(SECRET_KEYS) private readonly keys: SecretKeys) {}

  /** Whoever has it can sign: it is not for those who may only look. */
  @Get('system/webhook-secret')
  read(@CurrentCaller() caller: Caller) {
    if (caller.role === 'viewer') throw new GatewayError('insufficient_permissions');
    const [secret, ...previous] = this.keys.webhookKeys.map(printWebhookSecret);
    return { object: 'system.webhook_secret', secret, previous };
  }
}
