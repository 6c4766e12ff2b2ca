import { PassThrough } from 'node:stream';
import type { FastifyRequest, RequestPayload } from 'fastify';
import { describe, expect, it } from 'vitest';
import { collectBody } from './collect-body.js';

type Payload = PassThrough & RequestPayload;

function collect(headers: Record<string, string> = {}, payload: Payload = new PassThrough()) {
  const said: (Error | Buffer | undefined)[] = [];
  collectBody({ headers, bodyLimit: 10 } as FastifyRequest, payload, (error, bytes) => {
    said.push(error ?? bytes);
  });
  return { payload, said, turn: () => new Promise((resolve) => setImmediate(resolve)) };
}

describe('the bytes of a body', () => {
  it('are those that came, where they came in one piece', async () => {
    const { payload, said, turn } = collect({ 'content-length': '5' });
    const piece = Buffer.from('whole');
    payload.end(piece);
    await turn();
    expect(said).toHaveLength(1);
    expect(said[0]).toBe(piece);
  });

  it.each<[string, string[], string]>([
    ['several pieces', ['in ', 'three', '!'], 'in three!'],
    ['as many as may be', ['12345', '67890'], '1234567890'],
    ['none', [], ''],
  ])('%s', async (_, pieces, whole) => {
    const { payload, said, turn } = collect();
    for (const piece of pieces) payload.write(piece);
    payload.end();
    await turn();
    expect(said.map(String)).toEqual([whole]);
  });

  it.each([
    ['in pieces', ['12', '34', '567', '89']],
    ['byte by byte', [...'123456789']],
    ['at once, and the last', ['12345678', '9']],
  ])('have room of their own once enough of them has come: %s', async (_, pieces) => {
    const { payload, said, turn } = collect({ 'content-length': '9' });
    for (const piece of pieces) payload.write(piece);
    payload.end();
    await turn();
    expect(said.map(String)).toEqual(['123456789']);
    expect((said[0] as Buffer).buffer.byteLength).toBe(9);
  });

  it('are refused where more come than there is room for', async () => {
    const { payload, said, turn } = collect({ 'content-length': '6' });
    for (const piece of ['123', '45', '67']) payload.write(piece);
    payload.end();
    await turn();
    expect(said).toMatchObject([{ code: 'bad_request' }]);
  });

  it('are not read where their length is too large', () => {
    const { payload, said } = collect({ 'content-length': '11' });
    expect(said).toMatchObject([{ code: 'request_too_large' }]);
    expect(payload.listenerCount('data')).toBe(0);
  });

  it.each<[string, Record<string, string>, string[], object]>([
    ['too many', {}, ['12345', '678901', 'more', 'and more'], { code: 'request_too_large' }],
    ['fewer than there should be', { 'content-length': '6' }, ['12345'], { code: 'bad_request' }],
  ])('are refused once: %s', async (_, headers, pieces, refusal) => {
    const { payload, said, turn } = collect(headers);
    for (const piece of pieces) payload.write(piece);
    payload.end();
    await turn();
    expect(said).toMatchObject([refusal]);
  });

  it('are counted compressed where they are compared with the length of what was sent', async () => {
    const payload: Payload = Object.assign(new PassThrough(), { receivedEncodedLength: 3 });
    const { said, turn } = collect({ 'content-length': '3' }, payload);
    payload.end('decoded');
    await turn();
    expect(said.map(String)).toEqual(['decoded']);
  });

  it('are no more than that compressed, either', async () => {
    const payload: Payload = Object.assign(new PassThrough(), { receivedEncodedLength: 11 });
    const { said, turn } = collect({}, payload);
    payload.end('small');
    await turn();
    expect(said).toMatchObject([{ code: 'request_too_large' }]);
  });

  it('that do not come are the client’s fault', async () => {
    const { payload, said, turn } = collect();
    payload.write('half');
    payload.destroy(new Error('reset'));
    await turn();
    expect(said).toMatchObject([{ message: 'reset', statusCode: 400 }]);
  });
});
