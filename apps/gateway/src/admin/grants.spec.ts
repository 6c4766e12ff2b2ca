import { describe, expect, it } from 'vitest';
import { GatewayError } from '#contract';
import { checkGrant } from './grants.js';
import type { Holdings } from './grants.js';

const ADMIN: Holdings = {
  role: 'admin',
  teamId: null,
  models: [],
  limits: {},
  expiresAt: null,
  allowedIps: [],
  budget: {},
  endUserBudget: {},
};

/** The field by which `asked` is more than `held`; undefined: it is not. */
function beyond(held: Partial<Holdings>, asked: Partial<Holdings>): string | null | undefined {
  try {
    checkGrant({ ...ADMIN, ...held }, { ...ADMIN, ...asked });
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: 'insufficient_permissions', status: 403 });
    return (error as GatewayError).param;
  }
}

const day = (text: string): Date => new Date(`2030-01-${text}T00:00:00Z`);
const usd = (amount: string, rest: object = {}) => ({ usd: amount, period: 'day', ...rest });

type Case = readonly [Partial<Holdings>, readonly Partial<Holdings>[], readonly Partial<Holdings>[]];

/** By field: what is held, what it may grant, what it may not. */
const CASES: readonly (readonly [string, Case])[] = [
  ['role', [{ role: 'admin' }, [{ role: 'admin' }, { role: 'viewer' }, { role: 'member' }], []]],
  ['role', [{ role: 'member' }, [], [{ role: 'member' }]]],
  ['role', [{ role: 'viewer' }, [], [{ role: 'viewer' }, { role: 'member' }]]],
  ['models', [{ models: [] }, [{ models: [] }, { models: ['*'] }, { models: ['a'] }], []]],
  ['models', [{ models: ['*'] }, [{ models: [] }, { models: ['*', 'a'] }], []]],
  [
    'models',
    [
      { models: ['a-*', 'b'] },
      [{ models: ['a-*'] }, { models: ['a-1', 'b'] }, { models: ['a-*-mini', 'a-**'] }],
      [{ models: [] }, { models: ['*'] }, { models: ['a*'] }, { models: ['a-1', 'c'] }, { models: ['b*'] }],
    ],
  ],
  // Together they may be more than each: that is not looked for.
  ['models', [{ models: ['a', 'a1*'] }, [{ models: ['a', 'a1'] }], [{ models: ['a*'] }]]],
  [
    'limits',
    [
      { limits: { rpm: 10, parallel: 2 } },
      [{ limits: { rpm: 10, parallel: 2 } }, { limits: { rpm: 1, parallel: 1, tpm: 9 } }],
      [
        { limits: {} },
        { limits: { rpm: 10 } },
        { limits: { rpm: 11, parallel: 2 } },
        { limits: { parallel: 2, tpm: 1 } },
      ],
    ],
  ],
  ['limits', [{ limits: {} }, [{ limits: {} }, { limits: { tpm: 1 } }], []]],
  [
    'expires_at',
    [
      { expiresAt: day('10') },
      [{ expiresAt: day('10') }, { expiresAt: day('09') }],
      [{ expiresAt: null }, { expiresAt: day('11') }],
    ],
  ],
  ['expires_at', [{ expiresAt: null }, [{ expiresAt: null }, { expiresAt: day('11') }], []]],
  [
    'allowed_ips',
    [
      { allowedIps: ['10.0.0.0/8', '192.0.2.1'] },
      [{ allowedIps: ['10.1.0.0/16'] }, { allowedIps: ['192.0.2.1', '10.0.0.0/8'] }],
      [{ allowedIps: [] }, { allowedIps: ['0.0.0.0/0'] }, { allowedIps: ['10.1.0.0/16', '192.0.2.2'] }],
    ],
  ],
  ['allowed_ips', [{ allowedIps: [] }, [{ allowedIps: [] }, { allowedIps: ['0.0.0.0/0'] }], []]],
  ['team_id', [{ teamId: 'one' }, [{ teamId: 'one' }], [{ teamId: null }, { teamId: 'other' }]]],
  ['team_id', [{ teamId: null }, [{ teamId: null }, { teamId: 'one' }], []]],
  [
    'budget',
    [
      { budget: usd('10.5') },
      [{ budget: usd('10.5') }, { budget: usd('10.500000000', { mode: 'strict' }) }, { budget: usd('9') }],
      [
        { budget: {} },
        { budget: usd('10.500000001') },
        { budget: usd('11') },
        { budget: usd('1', { mode: 'balanced' }) },
        { budget: usd('1', { period: 'month' }) },
      ],
    ],
  ],
  ['budget', [{ budget: usd('1', { mode: 'balanced' }) }, [{ budget: usd('1', { mode: 'balanced' }) }], []]],
  ['budget', [{ budget: {} }, [{ budget: {} }, { budget: usd('1') }], []]],
  ['end_user_budget', [{ endUserBudget: usd('1') }, [{ endUserBudget: usd('1') }], [{ endUserBudget: {} }]]],
];

describe('a key grants what it holds, and no more', () => {
  it.each(CASES)('%s %j', (field, [held, within, more]) => {
    expect(within.map((asked) => beyond(held, asked))).toEqual(within.map(() => undefined));
    expect(more.map((asked) => beyond(held, asked))).toEqual(more.map(() => field));
  });

  it('what holds everything may grant everything', () => {
    expect(() => checkGrant(undefined, ADMIN)).not.toThrow();
  });

  it('of several fields each one counts', () => {
    const held = { models: ['a-*'], limits: { rpm: 1 }, expiresAt: day('10') };
    expect(beyond(held, held)).toBeUndefined();
    for (const [field, one] of Object.entries({
      models: { models: [] },
      limits: { limits: {} },
      expires_at: { expiresAt: null },
    }))
      expect(beyond(held, { ...held, ...one })).toBe(field);
  });
});
