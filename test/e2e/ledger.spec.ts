import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { UsageRecord } from '#metering';
import { Database, ensureUsagePartitions } from '#persistence';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { Answer, TestBench } from '../support/gateway.js';
import { insertMade, madeRecord } from '../support/made-records.js';
import { readSpool, recordOf, recordsOf } from '../support/records.js';
import type { ShownRecord } from '../support/records.js';
import { HELLO } from '../support/stream-client.js';
import { until } from '../support/until.js';

let bench: TestBench;
let database: Database;
let key: string;
let keyId: string;

beforeAll(async () => {
  bench = await startBench();
  database = bench.gateway.app.get(Database);
  ({ key, id: keyId } = await bench.admin('POST', '/keys', { name: 'ledger' }));
});
afterAll(() => bench.close());

const call = (model: string, body: object = {}): Promise<Answer> =>
  bench.request(
    'POST',
    '/v1/chat/completions',
    { model, messages: HELLO, ...body },
    { authorization: `Bearer ${key}` },
  );

const recordFor = (answer: Answer) => recordOf(bench, String(answer.headers.get('x-request-id')));

const ask = (path: string) =>
  bench.request('GET', `/v1/admin${path}`, undefined, { authorization: `Bearer ${MASTER_KEY}` });

describe('the record of a call', () => {
  it.each([
    ['whole', false],
    ['streamed', true],
  ])('that was answered %s', async (name, stream) => {
    const model = `answered-${name}`;
    await bench.addModel(model, `${model};chunks=7`);
    const before = Date.now();
    const record = await recordFor(await call(model, { stream, user: 'alice' }));
    expect(record).toMatchObject({
      object: 'usage_record',
      key: keyId,
      operation: 'chat',
      model,
      provider: 'upstream',
      upstream_model: `${model};chunks=7`,
      stream,
      status: 'ok',
      http_status: 200,
      error_code: null,
      prompt_tokens: 4,
      completion_tokens: 7,
      cached_tokens: 0,
      reasoning_tokens: 0,
      usage_source: 'upstream',
      attempts: 1,
      user: 'alice',
      latency_ms: expect.any(Number),
      time_to_first_token_ms: stream ? expect.any(Number) : null,
    });
    expect(Math.abs(Date.parse(record.at) - before)).toBeLessThan(5_000);
  });

  it.each([true, false])('is estimated when the upstream counted nothing (stream: %s)', async (stream) => {
    await bench.addModel(`uncounted-${stream}`, `uncounted-${stream};usage=none`);
    const record = await recordFor(await call(`uncounted-${stream}`, { stream }));
    expect(record).toMatchObject({ status: 'ok', usage_source: 'estimated', user: null });
    // "Hello from the PLLM sandbox! You said: …", in either form.
    expect(record.completion_tokens).toBeGreaterThan(10);
    expect(record.completion_tokens).toBeLessThan(30);
    expect(record.prompt_tokens).toBeGreaterThan(0);
  });

  it('by the master key has no key', async () => {
    await bench.addModel('by-master', 'by-master');
    await bench.request(
      'POST',
      '/v1/chat/completions',
      { model: 'by-master', messages: HELLO },
      { authorization: `Bearer ${MASTER_KEY}` },
    );
    expect((await recordsOf(bench, 'by-master'))[0]).toMatchObject({ key: null, status: 'ok' });
  });

  it.each([
    ['status=500', 503, 'upstream_unavailable', 3],
    ['status=401', 503, 'upstream_rejected', 1],
    ['status=429', 429, 'rate_limit_exceeded', 1],
    ['status=400', 400, 'invalid_value', 1],
  ])('that the upstream refused with %s', async (script, status, code, attempts) => {
    await bench.addModel(`refused-${status}-${code}`, `refused;${script}`);
    expect(await recordFor(await call(`refused-${status}-${code}`))).toMatchObject({
      status: 'error',
      http_status: status,
      error_code: code,
      provider: 'upstream',
      attempts,
      usage_source: 'none',
    });
  });

  it('whose model nobody knows', async () => {
    expect(await recordFor(await call('nobody-knows'))).toMatchObject({
      model: 'nobody-knows',
      status: 'error',
      http_status: 404,
      error_code: 'model_not_found',
      provider: null,
      upstream_model: null,
      attempts: 0,
    });
  });
});

describe('text that others wrote', () => {
  it('is cut and cleaned, and holds back no other record', async () => {
    await bench.addModel('wild/*', 'wild-*');
    const texts = ['nul\0inside', '\0', 'x'.repeat(100_000), '\ud83d\ude00'.repeat(200), '\ud83d lone'];
    for (const text of texts) {
      await call(`unknown-${text}`, { user: text });
      await call(`wild/${text}`, { user: text });
    }
    const last = await recordFor(await call('wild/last'));
    expect(last).toMatchObject({ status: 'ok', upstream_model: 'wild-last' });
    const { data } = await bench.admin('GET', '/requests?limit=100');
    const kept = (data as ShownRecord[]).filter(({ model }) => /^(unknown-|wild\/)/.test(model));
    expect(kept).toHaveLength(2 * texts.length + 1);
    for (const { model, user, upstream_model } of kept) {
      for (const text of [model, user ?? '', upstream_model ?? '']) {
        expect(text.length).toBeLessThanOrEqual(256);
        expect(text).not.toContain('\0');
      }
    }
  });

  it('of an upstream neither: a code with a NUL in it', async () => {
    const hostile = createServer((request, response) => {
      request.resume();
      const error = {
        message: 'no',
        type: 'invalid_request_error',
        param: null,
        code: `a\0b${'c'.repeat(999)}`,
      };
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => hostile.once('listening', resolve));
    const { port } = hostile.address() as AddressInfo;
    const base_url = `http://127.0.0.1:${port}/v1`;
    await bench.admin('POST', '/providers', { name: 'hostile', type: 'openai-compatible', base_url });
    const targets = [{ provider: 'hostile', model: 'x' }];
    await bench.admin('POST', '/models', { id: 'hostile', targets });
    const record = await recordFor(await call('hostile'));
    expect(record.status).toBe('error');
    expect(record.error_code).toMatch(/^abc+$/);
    hostile.close();
  });
});

describe('the list of records', () => {
  it('is filtered by key, model, provider, status and time', async () => {
    await bench.addModel('listed', 'listed');
    await call('listed');
    await call('listed', { max_tokens: 3 });
    const [newest] = await recordsOf(bench, 'listed', 2);
    const count = async (query: string): Promise<number> =>
      (await bench.admin('GET', `/requests?model=listed&${query}`)).data.length;
    expect(await count(`key=${keyId}`)).toBe(2);
    expect(await count('key=another')).toBe(0);
    expect(await count('provider=upstream')).toBe(2);
    expect(await count('provider=another')).toBe(0);
    expect(await count('status=ok')).toBe(2);
    expect(await count('status=error')).toBe(0);
    expect(await count(`from=${newest?.at}`)).toBeGreaterThanOrEqual(1);
    expect(await count('from=2100-01-01')).toBe(0);
    expect(await count('to=2001-01-01')).toBe(0);
  });

  it('is paged by a cursor that misses nothing and repeats nothing', async () => {
    await bench.addModel('paged', 'paged');
    await Promise.all(Array.from({ length: 23 }, () => call('paged')));
    const whole = await recordsOf(bench, 'paged', 23);
    const seen: string[] = [];
    let cursor = '';
    for (let page = 0; page < 10 && (page === 0 || cursor !== ''); page++) {
      const list = await bench.admin('GET', `/requests?model=paged&limit=5${cursor && `&cursor=${cursor}`}`);
      seen.push(...(list.data as ShownRecord[]).map((record) => record.request_id));
      cursor = list.next_cursor ?? '';
      expect(list.has_more).toBe(cursor !== '');
    }
    expect(seen).toEqual(whole.map((record) => record.request_id));
  });

  it.each(['nonsense', '99999999999999999999_x', '_'])(
    'takes no cursor of its own making: %s',
    async (cursor) => {
      const answer = await ask(`/requests?cursor=${cursor}`);
      expect([200, 400]).toContain(answer.status);
      expect((await ask(`/audit?cursor=${cursor}`)).status).toBe(400);
    },
  );
});

describe('the table', () => {
  const record = (at: Date, requestId: string) => madeRecord(requestId, at);
  const insert = (records: UsageRecord[]) => insertMade(database, records);

  const partitionOf = async (requestId: string): Promise<string | undefined> => {
    const rows = await database.prisma.$queryRaw<{ name: string }[]>`
      SELECT tableoid::regclass::text AS name FROM usage_record WHERE request_id = ${requestId}`;
    return rows[0]?.name;
  };

  it('takes a record once, however often it is written', async () => {
    const twice = record(new Date(), 'req_twice');
    const count = () => database.prisma.usageRecord.count({ where: { model: 'made-up' } });
    const sums = async () => {
      const where = { model: 'made-up', provider: '' };
      const [hours, days] = await Promise.all([
        database.prisma.usageHour.findMany({ where }),
        database.prisma.usageDay.findMany({ where }),
      ]);
      return [hours, days].map((rows) => [
        rows.reduce((sum, row) => sum + Number(row.requests), 0),
        rows.reduce((sum, row) => sum + Number(row.costNanos), 0),
      ]);
    };
    await insert([twice]);
    expect(await count()).toBe(1);
    await insert([twice, twice, record(new Date(), 'req_new')]);
    expect(await count()).toBe(2);
    // Hours and days have added up what was really inserted.
    expect(await sums()).toEqual([
      [2, 14],
      [2, 14],
    ]);
  });

  it('keeps why a call was routed as it was, and takes lines of before that was said', async () => {
    const decision = { strategy: 'weighted', tried: [{ provider: 'a', reason: 'it’s "first"' }] };
    await insert([
      { ...record(new Date(), 'req_decided'), decision },
      { ...record(new Date(), 'req_undecided'), decision: null },
      record(new Date(), 'req_older_line'),
    ]);
    const rows = await database.prisma.$queryRaw<{ decision: unknown; isNull: boolean }[]>`
      SELECT decision, decision IS NULL AS "isNull" FROM usage_record
      WHERE request_id IN ('req_decided', 'req_undecided', 'req_older_line') ORDER BY request_id`;
    expect(rows).toEqual([
      { decision, isNull: false },
      { decision: null, isNull: true },
      { decision: null, isNull: true },
    ]);
  });

  it('shows it with one record, and not in lists', async () => {
    const decision = {
      plan: [{ provider: 'a', model: 'm' }],
      passed_over: [{ provider: 'b', model: 'm', reason: 'open' }],
      attempts: [],
    };
    await insert([
      madeRecord('req_shown_decided', new Date(), { model: 'decided', decision }),
      madeRecord('req_shown_undecided', new Date(), { model: 'decided' }),
    ]);
    expect((await ask('/requests/req_shown_decided')).json).toMatchObject({ decision });
    expect((await ask('/requests/req_shown_undecided')).json).toMatchObject({ decision: null });
    for (const record of await recordsOf(bench, 'decided', 2)) expect(record).not.toHaveProperty('decision');
  });

  it('keeps a month in a partition, and what has none in `other`', async () => {
    const now = new Date();
    const month = `usage_record_${now.toISOString().slice(0, 7).replace('-', '_')}`;
    await insert([record(now, 'req_now'), record(new Date(0), 'req_old')]);
    expect(await partitionOf('req_now')).toBe(month);
    expect(await partitionOf('req_old')).toBe('usage_record_other');
  });

  it('gets the partitions of a month once', async () => {
    const later = new Date(Date.UTC(2040, 10, 15));
    const ensure = () => database.transaction((queries) => ensureUsagePartitions(queries, later, 3));
    // The embedded database has one connection: there, one waits for the other.
    await Promise.all([ensure(), ensure()]);
    await ensure();
    await insert([
      record(new Date('2040-11-01T00:00:00.000Z'), 'req_first'),
      record(new Date('2040-12-31T23:59:59.999Z'), 'req_last'),
      record(new Date('2041-01-01T00:00:00.000Z'), 'req_new_year'),
    ]);
    expect(await partitionOf('req_first')).toBe('usage_record_2040_11');
    expect(await partitionOf('req_last')).toBe('usage_record_2040_12');
    expect(await partitionOf('req_new_year')).toBe('usage_record_2041_01');
  });

  it.runIf(inject('postgresUrl'))('gets them once from two processes, too', async () => {
    const open = () =>
      Database.open({
        url: bench.databaseUrl,
        dataDir: bench.dataDir,
        schemaFolder: new URL('../../prisma', import.meta.url).pathname,
      });
    const both = await Promise.all([open(), open()]);
    const later = new Date(Date.UTC(2050, 0, 1));
    await Promise.all(
      both.map((each) => each.transaction((queries) => ensureUsagePartitions(queries, later, 12))),
    );
    await Promise.all(both.map((each) => each.close()));
  });
});

describe('the spool', () => {
  it('is empty when its records are in the database', async () => {
    await bench.addModel('drained', 'drained');
    await Promise.all(Array.from({ length: 20 }, () => call('drained')));
    await recordsOf(bench, 'drained', 20);
    await until(() => readSpool(bench.dataDir) === '');
  });
});
