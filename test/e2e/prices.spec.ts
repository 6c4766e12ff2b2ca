import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { badRequest, expectError } from '../support/expect-error.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';
import { HELLO } from '../support/stream-client.js';

let bench: TestBench;
let key: string;

const PRICE = { input_per_mtok: '2.50', output_per_mtok: '10', cached_input_per_mtok: '1.25' };
const MASTER = { authorization: `Bearer ${MASTER_KEY}` };

beforeAll(async () => {
  bench = await startBench();
  key = await bench.addKey();
});
afterAll(() => bench.close());

const ask = (method: string, path: string, body?: unknown) =>
  bench.request(method, `/v1/admin${path}`, body, MASTER);

/** Seven tokens of four, as the sandbox counts them. */
async function costOf(model: string): Promise<string | null> {
  const answer = await bench.request(
    'POST',
    '/v1/chat/completions',
    { model, messages: HELLO },
    { authorization: `Bearer ${key}` },
  );
  const record = await recordOf(bench, String(answer.headers.get('x-request-id')));
  expect(record).toMatchObject({ prompt_tokens: 4, completion_tokens: 7, priced: record.cost_usd !== null });
  return record.cost_usd;
}

describe('a call costs', () => {
  it('nothing that is known, as long as nobody says a price', async () => {
    await bench.addModel('unpriced', 'unpriced;chunks=7');
    expect(await costOf('unpriced')).toBeNull();
  });

  it('what its model costs', async () => {
    await bench.addModel('priced', 'priced;chunks=7', { price: PRICE });
    expect(await costOf('priced')).toBe('0.00008');
  });

  it('what its target costs, before its model', async () => {
    await bench.admin('POST', '/models', {
      id: 'target-priced',
      price: PRICE,
      targets: [{ provider: 'upstream', model: 'x;chunks=7', price: { ...PRICE, output_per_mtok: '20' } }],
    });
    expect(await costOf('target-priced')).toBe('0.00015');
    const { targets, price } = await bench.admin('GET', '/models/target-priced');
    expect(price).toEqual(PRICE);
    expect(targets[0].price).toEqual({ ...PRICE, output_per_mtok: '20' });
  });

  it('what an operator says of the upstream model, from one moment to the next', async () => {
    await bench.addModel('by-row', 'row;chunks=7');
    await bench.addModel('by-pattern/*', '*');
    const path = `/prices/sandbox/${encodeURIComponent('row;chunks=7')}`;
    const put = await ask('PUT', path, PRICE);
    expect(put.json).toEqual({
      object: 'price',
      provider_type: 'sandbox',
      model: 'row;chunks=7',
      price: PRICE,
      source: 'override',
      updated_at: expect.any(String),
    });
    expect(await costOf('by-row')).toBe('0.00008');
    expect(await costOf('by-pattern/row;chunks=7')).toBe('0.00008');
    await ask('PUT', path, { per_request: '0.000000001' });
    expect(await costOf('by-row')).toBe('0.000000001');
    expect((await ask('DELETE', path)).json).toEqual({
      id: 'sandbox/row;chunks=7',
      object: 'price',
      deleted: true,
    });
    expect(await costOf('by-row')).toBeNull();
    expect((await ask('DELETE', path)).status).toBe(404);
  });

  it('no more when its model’s price is taken away', async () => {
    await bench.addModel('was-priced', 'was-priced;chunks=7', { price: PRICE });
    await ask('PATCH', '/models/was-priced', { owned_by: 'me' });
    expect(await costOf('was-priced')).toBe('0.00008');
    expect((await ask('PATCH', '/models/was-priced', { price: null })).json.price).toBeNull();
    expect(await costOf('was-priced')).toBeNull();
  });
});

describe('the list of prices', () => {
  it('is the catalogue with what operators said in place of it, page by page', async () => {
    await ask('PUT', '/prices/openai/gpt-4o', PRICE);
    await ask('PUT', '/prices/together/some/model', PRICE);
    const seen: { provider_type: string; model: string; source: string }[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = cursor && `&cursor=${encodeURIComponent(cursor)}`;
      const { data, next_cursor } = await bench.admin('GET', `/prices?limit=37${query}`);
      seen.push(...data);
      cursor = next_cursor;
    }
    const names = seen.map((one) => `${one.provider_type}/${one.model}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(100);
    const overrides = seen.filter(({ source }) => source === 'override').map(({ model }) => model);
    expect(overrides).toEqual(['gpt-4o', 'some/model']);
    const { data } = await bench.admin('GET', '/prices?source=override&provider_type=together');
    expect(data).toMatchObject([{ model: 'some/model', price: PRICE }]);
  });

  it('is nothing for members', async () => {
    const answer = await bench.request('GET', '/v1/admin/prices', undefined, {
      authorization: `Bearer ${key}`,
    });
    expectError(answer, { status: 403, type: 'permission_error', code: 'insufficient_permissions' });
  });
});

describe('a price is refused', () => {
  it.each<[string, unknown, string]>([
    ['as a number', { input_per_mtok: 2.5 }, 'input_per_mtok'],
    ['below zero', { input_per_mtok: '-1' }, 'input_per_mtok'],
    ['with more digits than are kept', { output_per_mtok: '0.0000000001' }, 'output_per_mtok'],
    ['that is null', { per_image: null }, 'per_image'],
    ['beyond all bounds', { per_image: '10' }, 'per_image'],
  ])('%s', async (_, price, param) => {
    expectError(await ask('PUT', '/prices/openai/x', price), badRequest('invalid_value', param));
    const body = { id: 'refused', targets: [{ provider: 'upstream', model: 'x' }], price };
    expectError(await ask('POST', '/models', body), badRequest('invalid_value', `price.${param}`));
  });

  it('of a member that nobody knows, or of none', async () => {
    expectError(
      await ask('PUT', '/prices/openai/x', { per_minute: '1' }),
      badRequest('unknown_parameter', 'per_minute'),
    );
    expect((await ask('PUT', '/prices/openai/x', {})).status).toBe(400);
    expectError(await ask('PUT', '/prices/nobody/x', PRICE), badRequest('invalid_value', 'provider_type'));
  });
});
