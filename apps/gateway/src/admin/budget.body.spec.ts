import { describe, expect, it } from 'vitest';
import { adminBody } from './admin-body.pipe.js';
import { BudgetBody, EndUserBudgetBody } from './budget.body.js';
import { note } from './note.js';
import { shownBudget, storedBudget } from './stored-budget.js';

const read = (body: object, of = BudgetBody as typeof EndUserBudgetBody) =>
  adminBody(of).transform(Buffer.from(JSON.stringify(body)), { type: 'body' });
const GOOD = { usd: '12.5', period: 'month' };
const VIEWER = { role: 'viewer' } as const;
const URL_OF = (length: number) => `https://example.com/${'x'.repeat(length - 20)}`;

describe('a budget from an operator', () => {
  it.each<object>([
    GOOD,
    { ...GOOD, usd: '0.000000001' },
    { ...GOOD, usd: '9000000', mode: 'balanced' },
    { ...GOOD, alerts: [{ at: 0.8, url: 'http://hooks.internal:8080/x?y=z' }] },
    { ...GOOD, alerts: [{ at: 1, url: URL_OF(1_024) }] },
  ])('may be %j', async (body) => {
    expect({ ...(await read(body)) }).toMatchObject(body);
  });

  it.each<[object, RegExp]>([
    [{ period: 'day' }, /usd/],
    [{ usd: '1' }, /period/],
    [{ ...GOOD, usd: 1 }, /usd must be a decimal string/],
    [{ ...GOOD, usd: '0' }, /usd/],
    [{ ...GOOD, usd: '0.0000000001' }, /usd/],
    [{ ...GOOD, usd: '-1' }, /usd/],
    [{ ...GOOD, usd: '9000000.000000001' }, /usd/],
    [{ ...GOOD, period: 'year' }, /period/],
    [{ ...GOOD, mode: 'loose' }, /mode/],
    [{ ...GOOD, mode: null }, /mode/],
    [{ ...GOOD, per_user: true }, /per_user/],
    [{ ...GOOD, alerts: [{ at: 0, url: 'https://x' }] }, /at/],
    [{ ...GOOD, alerts: [{ at: 1.01, url: 'https://x' }] }, /at/],
    [{ ...GOOD, alerts: [{ at: 0.5, url: 'ftp://x' }] }, /url/],
    [{ ...GOOD, alerts: [{ at: 0.5, url: URL_OF(1_025) }] }, /url/],
    [{ ...GOOD, alerts: [{ at: 0.5, url: 'https://user:hunter2@x' }] }, /without credentials/],
    [{ ...GOOD, alerts: [{ at: 0.5, url: 'https://x/é' }] }, /ASCII/],
    [{ ...GOOD, alerts: [{ at: 0.5, url: 'https://x/a b' }] }, /ASCII/],
    [{ ...GOOD, alerts: [{ at: 0.5, url: 'http://[::ffff:169.254.169.254]/' }] }, /link-local/],
    [{ ...GOOD, alerts: [{ at: 0.5, url: 'http://2852039166/' }] }, /link-local/],
    [{ ...GOOD, alerts: [{ at: 0.5 }] }, /url/],
    [{ ...GOOD, alerts: [[]] }, /alerts/],
    [{ ...GOOD, alerts: [[{ at: 0.5, url: 'https://x' }]] }, /alerts/],
    [{ ...GOOD, constructor: 1 }, /constructor/],
    [{ ...GOOD, alerts: [{ at: 0.5, url: 'https://x', toString: 1 }] }, /alerts/],
    [{ ...GOOD, alerts: Array.from({ length: 10_001 }, () => ({})) }, /more than 10000 values/],
    [{ ...GOOD, alerts: Array.from({ length: 11 }, () => ({ at: 0.5, url: 'https://x' })) }, /alerts/],
  ])('may not be %j', async (body, message) => {
    await expect((async () => read(body))()).rejects.toThrow(message);
  });

  it('of end-users has no alerts', async () => {
    expect({ ...(await read(GOOD, EndUserBudgetBody)) }).toEqual(GOOD);
    await expect((async () => read({ ...GOOD, alerts: [] }, EndUserBudgetBody))()).rejects.toThrow(/alerts/);
  });

  it('is shown with its mode, or is none', () => {
    expect(shownBudget({ usd: '1', period: 'day' }, VIEWER)).toEqual({
      usd: '1',
      period: 'day',
      mode: 'strict',
    });
    expect(shownBudget({}, VIEWER)).toBeNull();
    expect([storedBudget(null), storedBudget(undefined)]).toEqual([{}, undefined]);
  });

  it('shows where alerts go to whoever may change it, and the host to others and the audit log', () => {
    const budget = {
      ...GOOD,
      alerts: [{ at: 0.5, url: 'https://hooks.example:8443/t/hunter2?token=hunter2' }],
    };
    const hidden = [{ at: 0.5, url: 'https://hooks.example:8443/…' }];
    expect(shownBudget(budget, { role: 'admin' })).toMatchObject({ alerts: budget.alerts });
    expect(shownBudget(budget, VIEWER)).toMatchObject({ alerts: hidden });
    const actor = { name: 'master', keyId: null, requestId: 'req_1' };
    expect(note(actor, 'create', 'key', 'key_1', { budget }).changes).toEqual({
      budget: { ...budget, alerts: hidden },
    });
    expect(note(actor, 'update', 'key', 'key_1', { budget: null }).changes).toEqual({ budget: null });
  });
});
