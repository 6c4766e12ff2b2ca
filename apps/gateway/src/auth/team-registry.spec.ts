import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Database, Key, Queries, TeamRow } from '#persistence';
import { madeTeam } from '../../../../test/support/made-team.js';
import { Declaration, declaredId } from '../models/declaration.js';
import type { Caller } from './caller.js';
import { MASTER, makeCaller } from './make-caller.js';
import { refusalAtEntry } from './refusal-at-entry.js';
import { TeamRegistry } from './team-registry.js';

let stored: TeamRow[];
let registry: TeamRegistry;
const findMany = vi.fn(async () => [...stored]);

beforeEach(async () => {
  stored = [];
  findMany.mockClear();
  const queries = { team: { findMany } } as unknown as Queries;
  const read = <T>(query: (queries: Queries) => Promise<T>) => query(queries);
  registry = new TeamRegistry({ read } as unknown as Database);
});

const store = (...rows: TeamRow[]): Promise<void> => {
  stored = rows;
  return registry.refresh();
};
const declare = (...rows: TeamRow[]): void =>
  registry.declare(new Declaration([], [], 'pllm.yaml', [], rows));
const declared = (name: string, rest: Partial<TeamRow> = {}): TeamRow =>
  madeTeam(declaredId(name), { name, ...rest });
const callerOf = (teamId: string | null, rest: Partial<Key> = {}): Caller => {
  const nothing = { models: [], allowedIps: [], limits: {}, budget: {}, endUserBudget: {} };
  return makeCaller({ id: 'key_1', role: 'member', teamId, ...nothing, ...rest } as unknown as Key, registry);
};
const here = { ip: '10.1.2.3' };

describe('a caller of a team', () => {
  it('spends its own budget and its team’s, whatever that is by now', async () => {
    const daily = { usd: '1', period: 'day' };
    await store(madeTeam('team_1', { budget: daily }));
    const caller = callerOf('team_1', { endUserBudget: daily });
    const told = () =>
      [caller.budgets?.own, caller.budgets?.ofEndUsers].map((all) => all?.map(({ id }) => id));
    expect(told()).toEqual([['team_1'], ['key:key_1/']]);
    expect(caller.budgets).toBe(caller.budgets);
    await store(madeTeam('team_1', { endUserBudget: daily }));
    expect(told()).toEqual([[], ['key:key_1/', 'team:team_1/']]);
    await store();
    expect(told()).toEqual([[], ['key:key_1/']]);
  });

  it.each<[string[], string[], Record<string, boolean>]>([
    [[], [], { a: true }],
    [['a*'], [], { a: true, b: false }],
    [[], ['a*'], { a: true, b: false }],
    [['a*', 'b'], ['ab', 'b*', 'c'], { ab: true, a: false, b: true, bc: false, c: false }],
    [['a'], ['b'], { a: false, b: false }],
  ])('whose key may call %j and whose team %j', async (models, ofTeam, expected) => {
    await store(madeTeam('team_1', { models: ofTeam }));
    const caller = callerOf('team_1', { models });
    const found = Object.keys(expected).map((model) => [model, caller.mayCall(model)]);
    expect(Object.fromEntries(found)).toEqual(expected);
    expect(callerOf('team_1', { models, role: 'viewer' }).mayCall('a')).toBe(false);
  });

  it('has the limits of both', async () => {
    await store(madeTeam('team_1', { limits: { rpm: 5 } }), madeTeam('team_2'));
    expect(callerOf('team_1', { limits: { tpm: 9 } })).toMatchObject({
      limited: { kind: 'key', id: 'key_1', limits: { tpm: 9 } },
      teamLimited: { kind: 'team', id: 'team_1', limits: { rpm: 5 } },
    });
    expect(callerOf('team_2').teamLimited).toBeUndefined();
    expect(callerOf(null).teamLimited).toBeUndefined();
  });

  it('has what its team has become, from that moment on', async () => {
    await store(madeTeam('team_1'));
    const caller = callerOf('team_1');
    await store(madeTeam('team_1', { models: ['b'], limits: { rpm: 5 } }));
    expect(caller.mayCall('a')).toBe(false);
    expect(caller.teamLimited?.limits).toEqual({ rpm: 5 });
    await store(madeTeam('team_1'));
    expect([caller.mayCall('a'), caller.teamLimited]).toEqual([true, undefined]);
  });

  it('that is gone may do nothing, until it is back', async () => {
    declare(declared('research'));
    const caller = callerOf('file:research');
    expect(refusalAtEntry(caller, here)).toBeUndefined();
    declare();
    expect(caller.mayCall('a')).toBe(false);
    expect(refusalAtEntry(caller, here)).toMatchObject({
      code: 'insufficient_permissions',
      message: "The team of this API key, 'file:research', is not there any more.",
    });
    declare(declared('research'));
    expect([caller.mayCall('a'), refusalAtEntry(caller, here)]).toEqual([true, undefined]);
  });
});

describe('a stored team whose name is declared', () => {
  it('is not watched, and the declared one is', async () => {
    const budget = { usd: '1', period: 'day', alerts: [{ at: 0.5, url: 'https://a' }] };
    await store(madeTeam('team_1', { name: 'research', budget }), madeTeam('team_2', { budget }));
    const ids = () => registry.watched.all.map(({ subject }) => subject.id);
    expect(ids()).toEqual(['team_1', 'team_2']);
    declare(declared('research', { budget }));
    expect(ids()).toEqual(['team_2', declaredId('research')]);
    await store();
    declare();
    expect(ids()).toEqual([]);
  });

  it('sleeps: its keys are those of the declared one', async () => {
    await store(madeTeam('team_1', { name: 'research', models: ['a'] }), madeTeam('team_2'));
    const caller = callerOf('team_1');
    declare(declared('research', { models: ['b'], limits: { rpm: 1 } }));
    expect(registry.sleeping).toEqual(['research']);
    expect([caller.mayCall('a'), caller.mayCall('b')]).toEqual([false, true]);
    expect(caller).toMatchObject({ teamId: 'file:research', teamLimited: { id: 'file:research' } });
    declare();
    expect([caller.teamId, caller.mayCall('a'), registry.sleeping]).toEqual(['team_1', true, []]);
  });
});

describe('a team that nobody has heard of', () => {
  it('is looked for once, unless a file has to declare it', async () => {
    await registry.meet([null, 'file:x']);
    expect(findMany).not.toHaveBeenCalled();
    stored = [madeTeam('team_1')];
    await registry.meet(['team_1', null]);
    await registry.meet(['team_1']);
    expect([findMany.mock.calls.length, registry.size]).toEqual([1, 1]);
  });
});

describe('the address that a caller comes from', () => {
  it.each([
    ['10.1.2.3', undefined],
    ['::ffff:10.9.9.9', undefined],
    ['11.0.0.1', 'This API key may not be used from 11.0.0.1.'],
    ['::ffff:11.0.0.1', 'This API key may not be used from 11.0.0.1.'],
    ['2001:db8::1', 'This API key may not be used from 2001:db8::1.'],
    ['<script>', 'This API key may not be used from an address that is not known.'],
  ])('%s', (ip, message) => {
    const refusal = refusalAtEntry(callerOf(null, { allowedIps: ['10.0.0.0/8'] }), { ip });
    expect([refusal?.message, refusal?.code]).toEqual([message, message && 'ip_not_allowed']);
  });

  it('is not asked for where no key bounds it', () => {
    const from = {
      get ip(): string {
        throw new Error('asked');
      },
    };
    expect(refusalAtEntry(MASTER, from)).toBeUndefined();
    expect(refusalAtEntry(callerOf(null), from)).toBeUndefined();
  });
});
