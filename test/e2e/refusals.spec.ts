import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MASTER_KEY, startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { recordOf } from '../support/records.js';
import type { ShownRecord } from '../support/records.js';
import { HELLO } from '../support/stream-client.js';
import { until } from '../support/until.js';

let bench: TestBench;
let key: string;
let keyId: string;

beforeAll(async () => {
  bench = await startBench({ PLLM_BODY_LIMIT_MB: '1' });
  await bench.addModel('allowed', 'allowed');
  await bench.addModel('forbidden', 'forbidden');
  ({ key, id: keyId } = await bench.admin('POST', '/keys', { name: 'refused', models: ['allowed'] }));
});
afterAll(() => bench.close());

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  bench.request('POST', `/v1/${path}`, body, { authorization: `Bearer ${key}`, ...headers });

const all = async (): Promise<ShownRecord[]> => (await bench.admin('GET', '/requests?limit=1000')).data;

const CHAT = { model: 'allowed', messages: HELLO };

describe('a call that the gateway refuses is recorded', () => {
  it.each<[string, string, unknown, Record<string, string>, Partial<ShownRecord>]>([
    [
      'for a parameter that is missing',
      'chat/completions',
      { model: 'allowed', stream: true, user: 'alice' },
      {},
      {
        operation: 'chat',
        http_status: 400,
        error_code: 'missing_required_parameter',
        model: 'allowed',
        stream: true,
        user: 'alice',
      },
    ],
    [
      'for JSON that is none',
      'completions',
      '{"model": "allowed", ',
      {},
      { operation: 'completions', http_status: 400, error_code: 'invalid_json', model: 'allowed' },
    ],
    [
      'for bytes that are no text',
      'embeddings',
      Buffer.from([0x7b, 0xff, 0x7d]),
      {},
      { operation: 'embeddings', http_status: 400, error_code: 'invalid_json', model: '' },
    ],
    [
      'for a parameter that is given twice',
      'chat/completions',
      '{"model":"allowed","model":"forbidden","messages":[]}',
      {},
      { operation: 'chat', http_status: 400, error_code: 'duplicate_parameter' },
    ],
    [
      'for its model, which nobody knows',
      'chat/completions',
      { ...CHAT, model: 'nobody-knows' },
      {},
      { operation: 'chat', http_status: 404, error_code: 'model_not_found', model: 'nobody-knows' },
    ],
    [
      'for its model, which it may not call',
      'chat/completions',
      { ...CHAT, model: 'forbidden' },
      {},
      { operation: 'chat', http_status: 403, error_code: 'model_not_allowed', model: 'forbidden' },
    ],
    [
      'for its size',
      'moderations',
      JSON.stringify({ model: 'allowed', input: 'x'.repeat(1024 * 1024) }),
      {},
      { operation: 'moderations', http_status: 413, error_code: 'request_too_large', model: '' },
    ],
    [
      'for its type',
      'audio/speech',
      'model=allowed',
      { 'content-type': 'text/plain' },
      { operation: 'speech', http_status: 415, error_code: 'unsupported_media_type', model: '' },
    ],
    [
      'for JSON where a form belongs',
      'audio/transcriptions',
      { model: 'allowed' },
      {},
      {
        operation: 'transcriptions',
        http_status: 415,
        error_code: 'unsupported_media_type',
        model: 'allowed',
      },
    ],
    [
      'for a form that is broken',
      'images/variations',
      'no form',
      { 'content-type': 'multipart/form-data; boundary=x' },
      { operation: 'image_variations', http_status: 400, error_code: 'invalid_multipart', model: '' },
    ],
    [
      'for the model of a form',
      'audio/translations',
      '--x\r\ncontent-disposition: form-data; name="model"\r\n\r\nforbidden\r\n--x--\r\n',
      { 'content-type': 'multipart/form-data; boundary=x' },
      { operation: 'translations', http_status: 403, error_code: 'model_not_allowed', model: 'forbidden' },
    ],
    [
      'for a model that it does not name',
      'images/generations',
      { prompt: 'a cat' },
      {},
      { operation: 'image_generations', http_status: 400, error_code: 'missing_required_parameter' },
    ],
  ])('%s', async (_, path, body, headers, expected) => {
    const answer = await post(path, body, headers);
    const requestId = String(answer.headers.get('x-request-id'));
    expect(answer.status).toBe(expected.http_status);
    expect(answer.json.error.code).toBe(expected.error_code);
    const record = await recordOf(bench, requestId);
    expect(record).toMatchObject({
      ...expected,
      key: keyId,
      status: 'error',
      attempts: 0,
      provider: null,
      usage_source: 'none',
      prompt_tokens: 0,
      priced: true,
      cost_usd: '0',
    });
    expect((await all()).filter(({ request_id }) => request_id === requestId)).toHaveLength(1);
  });

  it('whichever endpoint it was sent to, under both prefixes', async () => {
    const { json } = await bench.request('GET', '/openapi.json');
    const paths = Object.entries(json.paths as Record<string, object>)
      .filter(([path, methods]) => 'post' in methods && !path.includes('/admin/'))
      .map(([path]) => path);
    expect(paths.length).toBeGreaterThanOrEqual(10);
    for (const path of paths.flatMap((path) => [path, `/api${path}`])) {
      const answer = await bench.request('POST', path, {}, { authorization: `Bearer ${key}` });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      const record = await recordOf(bench, String(answer.headers.get('x-request-id')));
      expect(record).toMatchObject({ status: 'error', http_status: answer.status });
    }
  });

  it('also when its client leaves in the middle of a form', async () => {
    const socket = connect(Number(new URL(bench.url).port), '127.0.0.1');
    socket.write(
      'POST /v1/audio/transcriptions HTTP/1.1\r\nhost: x\r\ncontent-length: 99999\r\n' +
        `authorization: Bearer ${key}\r\ncontent-type: multipart/form-data; boundary=x\r\n\r\n` +
        '--x\r\ncontent-disposition: form-data; name="model"\r\n\r\nallowed\r\n--x\r\n',
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    const record = await until(async () => (await all()).find(({ status }) => status === 'cancelled'));
    expect(record).toMatchObject({
      operation: 'transcriptions',
      http_status: 499,
      model: 'allowed',
      cost_usd: '0',
    });
  });
});

describe('no record is made', () => {
  it('of nobody’s calls, of other requests, or of a URL that does not exist', async () => {
    const before = (await all()).length;
    const nobody = { authorization: 'Bearer sk-nobody' };
    expect((await bench.request('POST', '/v1/chat/completions', CHAT, nobody)).status).toBe(401);
    expect((await post('nowhere', {})).status).toBe(404);
    expect(
      (await bench.request('GET', '/v1/chat/completions', undefined, { authorization: `Bearer ${key}` }))
        .status,
    ).toBe(405);
    expect((await post('admin/keys', { name: 'x' })).status).toBe(403);
    const master = { authorization: `Bearer ${MASTER_KEY}` };
    expect((await bench.request('POST', '/v1/admin/keys', {}, master)).status).toBe(400);
    expect((await bench.request('GET', '/v1/models/nobody-knows', undefined, master)).status).toBe(404);
    // One that is recorded, so that those before it would have been.
    const last = await post('chat/completions', CHAT);
    await recordOf(bench, String(last.headers.get('x-request-id')));
    expect(await all()).toHaveLength(before + 1);
  });
});
