import { describe, expect, it } from 'vitest';
import { printWebhookSecret, signWebhook } from './sign-webhook.js';

/** The example of the specification's own libraries. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const WEBHOOK = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1614265330,
  body: '{"test": 2432232314}',
};
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

describe('signWebhook', () => {
  it('signs as Standard Webhooks does', () => {
    expect(signWebhook(WEBHOOK, [SECRET])).toEqual({
      'webhook-id': WEBHOOK.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': SIGNATURE,
    });
  });

  it('signs under each secret while there are two', () => {
    const other = printWebhookSecret(Buffer.alloc(32, 7));
    const { 'webhook-signature': signature = '' } = signWebhook(WEBHOOK, [other, SECRET]);
    expect(signature.split(' ')).toEqual([expect.stringMatching(/^v1,[\w+/]{43}=$/), SIGNATURE]);
  });

  it.each([['id'], ['timestamp'], ['body']] as const)('signs the %s', (member) => {
    const changed = { ...WEBHOOK, [member]: member === 'timestamp' ? 1 : 'other' };
    expect(signWebhook(changed, [SECRET])['webhook-signature']).not.toBe(SIGNATURE);
  });
});
