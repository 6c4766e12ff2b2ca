import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '#persistence';
import { badRequest, expectError } from '../support/expect-error.js';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { insertMade, madeRecord } from '../support/made-records.js';
import { recordsOf } from '../support/records.js';
import { HELLO } from '../support/stream-client.js';

interface Row {
  readonly start: string | null;
  readonly model?: string | null;
  readonly key?: string | null;
  readonly team?: string | null;
  readonly provider?: string | null;
  readonly operation?: string;
  readonly requests: number;
  readonly errors: number;
  readonly unpriced: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly cost_usd: string | null;
}

let bench: TestBench;
let database: Database;
let mine: { key: string; id: string };
let yours: { key: string; id: string };

const MASTER = { authorization: `Bearer ${MASTER_KEY}` };
const HOUR = 3_600_000;
/** Some hours of two days and a half, in the past. */
const BEGIN = Date.UTC(2024, 4, 10, 18);
const HOURS = 60;

beforeAll(async () => {
  bench = await startBench();
  database = bench.gateway.app.get(Database);
  const team = await bench.admin('POST', '/teams', { name: 'ours' });
  mine = await bench.admin('POST', '/keys', { name: 'mine', team_id: team.id });
  yours = await bench.admin('POST', '/keys', { name: 'yours' });
  const price = { input_per_mtok: '1', output_per_mtok: '2' };
  await bench.addModel('priced', 'up;chunks=5', { price });
  await bench.addModel('unpriced', 'up;chunks=5');
  await bench.addModel('embedded', 'up', { price });
  const post = (path: string, { key }: { key: string }, body: object) =>
    bench.request('POST', `/v1/${path}`, body, { authorization: `Bearer ${key}` });
  await post('chat/completions', mine, { model: 'priced', messages: HELLO });
  await post('chat/completions', mine, { model: 'priced', messages: HELLO, stream: true });
  await post('chat/completions', yours, { model: 'priced', messages: HELLO });
  await post('chat/completions', yours, { model: 'unpriced', messages: HELLO });
  await post('embeddings', yours, { model: 'embedded', input: 'three words here' });
  await post('chat/completions', mine, { model: 'made-up-by-client', messages: HELLO });
  await post('chat/completions', mine, { model: 'priced' });
  await recordsOf(bench, 'priced', 4);
  await insertMade(
    database,
    Array.from({ length: HOURS }, (_, hour) =>
      madeRecord(`req_made_${hour}`, new Date(BEGIN + hour * HOUR + 1), {
        costNanos: 1_000_000,
        model: `m${hour % 3}`,
      }),
    ),
  );
});
afterAll(() => bench.close());

const ask = (query: string, headers = MASTER) =>
  bench.request('GET', `/v1/admin/usage${query}`, undefined, headers);
const rowsOf = async (query: string, headers = MASTER): Promise<Row[]> =>
  (await ask(query, headers)).json.data;
const iso = (at: number): string => encodeURIComponent(new Date(at).toISOString());
const MADE = `from=${iso(BEGIN)}&to=${iso(BEGIN + HOURS * HOUR)}`;

describe('usage', () => {
  it('without groups is one row, and the same as its totals', async () => {
    const { json } = await ask('');
    expect(json.data).toHaveLength(1);
    const { object, start, ...sums } = json.data[0];
    expect([object, start]).toEqual(['usage', null]);
    expect(json.totals).toEqual(sums);
    expect(sums).toMatchObject({ requests: 7, errors: 2, cancelled: 0, unpriced: 1 });
    // Three calls of 4 tokens and 5, and one of 3: those that have a price.
    expect(sums.cost_usd).toBe('0.000045');
  });

  it('is the sum of the records, by every group', async () => {
    const { data: records } = await bench.admin('GET', '/requests?limit=1000');
    for (const group of ['model', 'key', 'team', 'provider', 'operation'] as const) {
      const rows = await rowsOf(`?group_by=${group}`);
      const expected = new Map<string, [number, number]>();
      for (const record of records) {
        const name = String(
          record.error_code === 'model_not_found' && group === 'model' ? null : record[group],
        );
        const [requests, tokens] = expected.get(name) ?? [0, 0];
        expected.set(name, [requests + 1, tokens + record.prompt_tokens]);
      }
      const found = rows.map((row) => [String(row[group]), [row.requests, row.prompt_tokens]] as const);
      expect(new Map(found)).toEqual(expected);
    }
  });

  it('says what could not be priced, and never that it was free', async () => {
    const rows = await rowsOf('?group_by=model');
    const of = (model: string | null) => rows.find((row) => row.model === model);
    expect(of('priced')).toMatchObject({ requests: 4, errors: 1, unpriced: 0, cost_usd: '0.000042' });
    expect(of('unpriced')).toMatchObject({ requests: 1, unpriced: 1, cost_usd: null });
    // A name that nobody has is nobody's row.
    expect(of(null)).toMatchObject({ requests: 1, errors: 1, cost_usd: '0' });
  });

  it('is grouped by several at once, and filtered', async () => {
    const rows = await rowsOf('?group_by=key,model&model=priced');
    expect(rows.map(({ key, requests }) => [key, requests])).toEqual(
      [
        [mine.id, 3],
        [yours.id, 1],
      ].toSorted(),
    );
    const { id } = (await bench.admin('GET', '/providers')).data[0];
    expect((await rowsOf(`?provider=${id}`))[0]?.requests).toBe(5);
    expect((await rowsOf('?provider=upstream&operation=embeddings'))[0]?.requests).toBe(1);
    expect((await rowsOf(`?key=${yours.id}`))[0]?.requests).toBe(3);
    expect(await rowsOf('?provider=nobody')).toEqual([]);
  });

  it('is by the hour and by the day, of the window', async () => {
    const hours = await rowsOf(`?${MADE}&interval=hour&limit=1000`);
    expect(hours.map(({ start }) => start)).toEqual(
      Array.from({ length: HOURS }, (_, hour) => new Date(BEGIN + hour * HOUR).toISOString()),
    );
    const days = await rowsOf(`?${MADE}&interval=day`);
    expect(days.map(({ start, requests }) => [start?.slice(0, 10), requests])).toEqual([
      ['2024-05-10', 6],
      ['2024-05-11', 24],
      ['2024-05-12', 24],
      ['2024-05-13', 6],
    ]);
    expect((await rowsOf(`?${MADE}`))[0]).toMatchObject({ requests: HOURS, cost_usd: '0.06' });
    const within = `from=${iso(BEGIN + 2 * HOUR)}&to=${iso(BEGIN + 50 * HOUR)}`;
    for (const interval of ['', '&interval=day', '&interval=hour']) {
      const { json } = await ask(`?${within}${interval}&limit=1000`);
      expect(json.totals.requests).toBe(48);
      expect((json.data as Row[]).reduce((sum, row) => sum + row.requests, 0)).toBe(48);
    }
  });

  it('comes in pages that miss nothing and repeat nothing', async () => {
    const query = `?${MADE}&interval=day&group_by=model`;
    const whole = await rowsOf(query);
    expect(whole).toHaveLength(12);
    const seen: Row[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const { json } = await ask(`${query}&limit=5${cursor && `&cursor=${cursor}`}`);
      seen.push(...json.data);
      cursor = json.next_cursor;
    }
    expect(seen).toEqual(whole);
    expectError(await ask('?cursor=nonsense'), badRequest('invalid_value', 'cursor'));
  });

  it('is a table, too', async () => {
    const answer = await ask(`?${MADE}&interval=day&group_by=model,operation&format=csv`);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [head, ...lines] = answer.text.trimEnd().split('\r\n');
    expect(head).toMatch(
      /^start,model,operation,requests,errors,cancelled,unpriced,prompt_tokens,.*,cost_usd$/,
    );
    const rows = await rowsOf(`?${MADE}&interval=day&group_by=model,operation`);
    expect(lines).toHaveLength(rows.length);
    expect(lines[0]?.split(',').slice(0, 4)).toEqual(['2024-05-10T00:00:00.000Z', 'm0', 'chat', '2']);
    expect(lines[0]?.endsWith(',0.002')).toBe(true);
  });

  it.each([
    ['group_by=tenant', 'group_by'],
    ['group_by=model,model', 'group_by'],
    ['group_by=', 'group_by'],
    ['interval=week', 'interval'],
    ['from=yesterday', 'from'],
    ['format=xml', 'format'],
  ])('does not take %s', async (query, param) => {
    expectError(await ask(`?${query}`), badRequest('invalid_value', param));
  });

  it('is of its own key for a member, whatever it asks for', async () => {
    const as = { authorization: `Bearer ${mine.key}` };
    const rows = await rowsOf('?group_by=key', as);
    expect(rows.map(({ key, requests }) => [key, requests])).toEqual([[mine.id, 4]]);
    expect(await rowsOf(`?key=${yours.id}`, as)).toEqual([]);
    expect((await ask(`?key=${yours.id}`, as)).json.totals.requests).toBe(0);
    const viewer = { authorization: `Bearer ${await bench.addKey({ role: 'viewer' })}` };
    expect((await rowsOf('', viewer))[0]?.requests).toBe(7);
  });
});

describe('records as a table', () => {
  const csv = async (query: string, headers = MASTER) => {
    const { text } = await bench.request('GET', `/v1/admin/requests?format=csv${query}`, undefined, headers);
    return text.trimEnd().split('\r\n');
  };

  it('are all of them, whatever the page', async () => {
    await insertMade(
      database,
      Array.from({ length: 2_100 }, (_, at) =>
        madeRecord(`req_many_${at}`, new Date(BEGIN - HOUR), { model: '=many' }),
      ),
    );
    const lines = await csv(`&model=${encodeURIComponent('=many')}&from=2024-01-01`);
    expect(lines).toHaveLength(2_101);
    const ids = lines.slice(1).map((line) => line.split(',')[0]);
    expect(new Set(ids).size).toBe(2_100);
    // A spreadsheet does not take a name for a formula.
    expect(lines[1]).toContain(",'=many,");
  });

  it('are filtered like the list, by a provider’s id too', async () => {
    const { id } = (await bench.admin('GET', '/providers')).data[0];
    expect(await csv(`&provider=${id}`)).toHaveLength(6);
    expect((await bench.admin('GET', `/requests?provider=${id}`)).data).toHaveLength(5);
    expect(await csv('', { authorization: `Bearer ${mine.key}` })).toHaveLength(5);
  });
});
