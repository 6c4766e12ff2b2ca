import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { until } from '../support/until.js';

let bench: TestBench;

/** A call of `max_tokens: 10` costs ten cents and what its prompt costs, which is nothing. */
const PRICE = { input_per_mtok: '0', output_per_mtok: '10000' };

beforeAll(async () => {
  bench = await startBench();
  await bench.addModel('priced', 'priced', { price: PRICE });
  await bench.addModel('unpriced', 'unpriced');
  await bench.addModel('broken', 'broken;status=400', { price: PRICE });
});
afterAll(() => bench.close());

const HELLO = [{ role: 'user', content: 'Hello!' }];
const chat = (key: string, rest: object = {}): Promise<Answer> =>
  bench.request(
    'POST',
    '/v1/chat/completions',
    { model: 'priced', messages: HELLO, max_tokens: 10, ...rest },
    { authorization: `Bearer ${key}` },
  );
const withBudget = (budget: object, rest: object = {}) => bench.addKey({ budget, ...rest });
const refusal = ({ status, headers, json }: Answer) => [
  status,
  json.error.type,
  json.error.code,
  headers.get('x-should-retry'),
  headers.get('retry-after'),
];
const SPENT = [429, 'rate_limit_error', 'insufficient_quota', 'false', null];

/** What the records of a key come to, in cents. */
async function spentBy(key: string, calls: number): Promise<number> {
  const { data } = await bench.admin('GET', '/keys?limit=100');
  const { id } = data.find(({ prefix }: { prefix: string }) => key.startsWith(prefix));
  const records = await until(async () => {
    const list = await bench.admin('GET', `/requests?key=${id}&limit=200`);
    return list.data.length >= calls ? list.data : undefined;
  });
  return records.reduce((sum: number, { cost_usd }: { cost_usd: string }) => sum + Number(cost_usd) * 100, 0);
}

describe('a strict budget', () => {
  it('is never overspent, by however many calls at once', async () => {
    const key = await withBudget({ usd: '1', period: 'day' });
    const answers = await Promise.all(Array.from({ length: 60 }, () => chat(key)));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) expect(refusal(answer)).toEqual(SPENT);
    expect(refused[0]?.json.error.message).toMatch(
      /^The budget of the key 'key_\w+', 1 US dollars a day, has no room for a call of up to 0\.1\. It begins anew at /,
    );
    expect(await spentBy(key, 60)).toBeLessThanOrEqual(100);
  });

  it('refuses what nobody can price, and what may cost more than all of it', async () => {
    const key = await withBudget({ usd: '1', period: 'total' });
    const unpriced = await chat(key, { model: 'unpriced' });
    expect([unpriced.status, unpriced.json.error.type, unpriced.json.error.code]).toEqual([
      403,
      'permission_error',
      'model_unpriced',
    ]);
    expect(unpriced.json.error.message).toMatch(/'upstream', model 'unpriced': it has no price/);
    expect((await chat(key, { max_tokens: null })).json.error.message).toMatch(/max_output_tokens/);
    expect(refusal(await chat(key, { max_tokens: 1_000 }))).toEqual(SPENT);
  });

  it('gets back what was reserved for a call that failed', async () => {
    const key = await withBudget({ usd: '0.1', period: 'month' });
    for (let count = 0; count < 3; count++) expect((await chat(key, { model: 'broken' })).status).toBe(400);
    expect((await chat(key)).status).toBe(200);
  });
});

describe('a balanced budget', () => {
  it('is spent to its end, and takes calls that nobody can price', async () => {
    const key = await withBudget({ usd: '0.01', period: 'week', mode: 'balanced' });
    expect((await chat(key, { model: 'unpriced' })).status).toBe(200);
    const statuses = [];
    for (let count = 0; count < 5; count++) statuses.push((await chat(key)).status);
    expect(statuses[0]).toBe(200);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('a budget of end-users', () => {
  it('is one for each of them, and one for calls that name none', async () => {
    const budget = { usd: '0.01', period: 'day', mode: 'balanced' };
    const key = await bench.addKey({ end_user_budget: budget });
    const exhaust = async (user?: string): Promise<Answer> => {
      for (let count = 0; count < 100; count++) {
        const answer = await chat(key, user === undefined ? {} : { user });
        if (answer.status !== 200) return answer;
      }
      throw new Error('The budget has no end.');
    };
    expect((await exhaust('anna')).json.error.message).toMatch(
      /^The budget of the user 'anna' of the key 'key_/,
    );
    expect((await chat(key, { user: 'bert' })).status).toBe(200);
    expect((await exhaust()).json.error.message).toMatch(
      /^The budget of calls that name no user of the key 'key_/,
    );
  });
});

describe('a budget of a team', () => {
  it('is spent by all of its keys, tells whom it has to, and is settled to the nano-dollar', async () => {
    const told: { url: string | undefined; body: string; signature: unknown }[] = [];
    const receiver = createServer((request, response) => {
      const { url, headers } = request;
      void text(request).then((body) => {
        told.push({ url, body, signature: headers['webhook-signature'] });
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    const alerts = [
      { at: 0.5, url: `${hook}/half` },
      { at: 1, url: `${hook}/whole` },
    ];
    const budget = { usd: '0.25', period: 'month', alerts };
    const { id } = await bench.admin('POST', '/teams', { name: 'spenders', budget });
    const [one, two] = [await bench.addKey({ team_id: id }), await bench.addKey({ team_id: id })];
    expect([(await chat(one)).status, (await chat(two)).status]).toEqual([200, 200]);
    const refused = await chat(one);
    expect(refusal(refused)).toEqual(SPENT);
    expect(refused.json.error.message).toMatch(/^The budget of the team 'team_/);
    const account = await until(async () => {
      const { data } = await bench.admin('GET', `/budgets?subject=${id}&current=true`);
      return data[0]?.reserved_usd === '0' ? data[0] : undefined;
    }, 15_000);
    const { totals } = await bench.admin('GET', `/usage?team=${id}`);
    expect([account.kind, account.spent_usd]).toEqual(['team', totals.cost_usd]);
    const reconciled = await bench.admin('POST', '/budgets/reconcile', {});
    expect(reconciled.differences).toEqual([]);
    await until(() => told.length > 0, 15_000);
    receiver.close();
    expect(told.map(({ url }) => url)).toEqual(['/half']);
    expect(told[0]?.signature).toMatch(/^v1,/);
    expect(JSON.parse(told[0]?.body ?? '')).toMatchObject({
      type: 'budget.threshold',
      data: { kind: 'team', id, period: 'month', usd: '0.25', spent_usd: account.spent_usd, at: 0.5 },
    });
  });
});

describe('a key without a budget', () => {
  it('may call what nobody can price', async () => {
    expect((await chat(await bench.addKey(), { model: 'unpriced' })).status).toBe(200);
  });
});
