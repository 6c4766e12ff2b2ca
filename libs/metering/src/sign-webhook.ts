import { createHmac } from 'node:crypto';

export interface Webhook {
  /** The same for every attempt, so that a receiver knows one that it has had. */
  readonly id: string;
  /** When this attempt is made, in seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

const PREFIX = 'whsec_';

/** A secret as receivers keep it (Standard Webhooks). */
export function printWebhookSecret(key: Uint8Array): string {
  return `${PREFIX}${Buffer.from(key).toString('base64')}`;
}

/**
 * The headers of a webhook, signed as Standard Webhooks 1.0 has it: `v1,<base64 of the HMAC-SHA256 of id.timestamp.body>`,
 * one for each secret, so that a receiver may have either while the secret is rotated.
 *
 * @param secrets `whsec_…`
 */
export function signWebhook(
  { id, timestamp, body }: Webhook,
  secrets: readonly string[],
): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatures.join(' '),
  };
}
