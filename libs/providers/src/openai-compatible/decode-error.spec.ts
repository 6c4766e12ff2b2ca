import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '#contract';
import { decodeEmbeddedError, decodeError } from './decode-error.js';

const OPENAI = {
  error: {
    message: 'Too long.',
    type: 'invalid_request_error',
    param: 'messages',
    code: 'context_length_exceeded',
  },
};

/** A client's fault that no other model would take either. */
const REFUSED = { error: { ...OPENAI.error, code: 'invalid_value' } };

function decode(status: number, body: unknown, retryAfter?: number) {
  return decodeError(status, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), retryAfter);
}

describe('an error answer, by status', () => {
  it.each<[number, ErrorCode, number]>([
    [400, 'upstream_refused', 400],
    [409, 'upstream_refused', 409],
    [413, 'upstream_refused', 413],
    [415, 'upstream_refused', 415],
    [422, 'upstream_refused', 422],
    [429, 'rate_limit_exceeded', 429],
    [401, 'upstream_rejected', 503],
    [402, 'upstream_rejected', 503],
    [403, 'upstream_rejected', 503],
    [404, 'upstream_rejected', 503],
    [405, 'upstream_rejected', 503],
    [418, 'upstream_rejected', 503],
    [302, 'upstream_rejected', 503],
    [204, 'upstream_rejected', 503],
    [408, 'upstream_timeout', 503],
    [500, 'upstream_unavailable', 503],
    [502, 'upstream_unavailable', 503],
    [503, 'upstream_unavailable', 503],
    [504, 'upstream_unavailable', 503],
    [529, 'upstream_unavailable', 503],
  ])('%i is %s, told as %i', (upstream, code, status) => {
    expect(decode(upstream, REFUSED)).toMatchObject({ code, status, upstreamStatus: upstream });
  });

  it.each([400, 409, 413, 415, 422, 429])('keeps code, message and parameter of a %i', (status) => {
    expect(decode(status, OPENAI).toBody().error).toMatchObject({
      message: 'Too long.',
      param: 'messages',
      code: 'context_length_exceeded',
    });
  });

  it.each([401, 402, 403, 404, 408, 500, 503])('tells nothing of what a %i says', (status) => {
    const body = JSON.stringify(decode(status, { error: { message: 'key sk-1', code: 'k' } }).toBody());
    expect(body).not.toContain('sk-1');
    expect(body).not.toContain('"k"');
  });

  it('goes to a fallback where the context is too short', () => {
    for (const status of [400, 413, 422])
      expect(decode(status, OPENAI)).toMatchObject({
        code: 'context_length_exceeded',
        status,
        retry: 'fallback',
      });
    expect(decode(500, OPENAI).code).toBe('upstream_unavailable');
  });

  it('goes to the next target for all but the client’s own faults', () => {
    const retries = [400, 409, 413, 415, 422, 401, 402, 403, 404, 408, 429, 500, 503].map((status) => [
      status,
      decode(status, REFUSED).retry,
    ]);
    expect(retries.filter(([, retry]) => retry === 'never').map(([status]) => status)).toEqual([
      400, 409, 413, 415, 422,
    ]);
  });

  it('keeps the status for the log', () => {
    expect(decode(502, '').upstreamStatus).toBe(502);
  });
});

describe('when to come back', () => {
  it.each([429, 500, 503])('is kept from a %i', (status) => {
    expect(decode(status, OPENAI, 1.5)).toMatchObject({ retryAfter: 1.5 });
  });

  it('is unknown where the upstream did not say', () => {
    expect(decode(429, OPENAI).toHeaders()).toEqual({});
  });
});

describe('an error answer, by shape', () => {
  const generic = 'The provider answered with status 400.';

  it.each<[string, unknown, object]>([
    ['OpenAI', OPENAI, { message: 'Too long.', param: 'messages', code: 'context_length_exceeded' }],
    ['no param, no code', { error: { message: 'No.' } }, { message: 'No.', param: null, code: null }],
    ['a numeric code', { error: { message: 'No.', code: 400 } }, { message: 'No.', code: null }],
    [
      'vLLM’s older shape',
      { object: 'error', message: 'Bad n.', type: 'BadRequestError', param: 'n', code: 400 },
      { message: 'Bad n.', param: 'n', code: null },
    ],
    ['a text', { error: 'No such thing.' }, { message: 'No such thing.', code: null }],
    ['FastAPI’s detail', { detail: 'Not so.' }, { message: 'Not so.' }],
    [
      'FastAPI’s list of details',
      { detail: [{ type: 'missing', loc: ['body', 'messages'], msg: 'Field required' }] },
      { message: 'Field required' },
    ],
    ['a message alone', { message: 'Nope.' }, { message: 'Nope.' }],
    [
      'a message beside the error',
      { error: { code: 'x' }, message: 'Nope.' },
      { message: 'Nope.', code: 'x' },
    ],
    ['an empty message', { error: { message: '', code: '' } }, { message: generic, code: null }],
    ['HTML', '<html><h1>Bad Request</h1></html>', { message: generic, code: null, param: null }],
    ['nothing', '', { message: generic, code: null, param: null }],
    ['null', 'null', { message: generic }],
    ['a list', [], { message: generic }],
    ['a text alone', '"No."', { message: generic }],
    ['an empty detail', { detail: [] }, { message: generic }],
    ['half a body', '{"error":{"message":"N', { message: generic }],
  ])('%s', (_, body, expected) => {
    expect(decode(400, body).toBody().error).toMatchObject({ type: 'invalid_request_error', ...expected });
  });

  it('cuts a message that nobody would read', () => {
    expect(decode(400, { error: { message: 'x'.repeat(100_000) } }).message).toHaveLength(2_000);
  });
});

describe('a request that is too long', () => {
  it.each<[string, unknown]>([
    [
      'llama.cpp',
      { error: { code: 400, type: 'exceed_context_size_error', message: 'the request is too large' } },
    ],
    [
      'vLLM',
      { object: 'error', message: "This model's maximum context length is 4096 tokens. However…", code: 400 },
    ],
    [
      'xAI',
      { error: "This model's maximum prompt length is 131072 but the request contains 140000 tokens." },
    ],
    ['llama.cpp’s words', { error: { message: 'the request exceeds the available context size' } }],
    ['Ollama', { error: 'the input length exceeds the context length' }],
    ['Fireworks', { error: { message: 'The prompt is too long: 9000, model maximum context length: 8192' } }],
  ])('is known by %s', (_, body) => {
    expect(decode(400, body).code).toBe('context_length_exceeded');
  });

  it.each([
    'Too long.',
    "'messages' is too long",
    'The name exceeds the length of 64.',
    'Unknown model context.',
  ])('is not: %s', (message) => {
    expect(decode(400, { error: { message } }).code).toBe('upstream_refused');
  });
});

describe('an error under status 200', () => {
  it.each<[unknown, ErrorCode, number]>([
    [{ error: { message: 'm', code: 429 } }, 'rate_limit_exceeded', 429],
    [{ error: { message: 'm', code: '429' } }, 'rate_limit_exceeded', 429],
    [{ error: { message: 'm', status: 400, code: 'x' } }, 'upstream_refused', 400],
    [{ error: { message: 'm', code: 401 } }, 'upstream_rejected', 503],
    [{ error: { message: 'm', code: 502 } }, 'upstream_unavailable', 503],
    [{ error: { message: 'm', code: 0 } }, 'upstream_unavailable', 503],
    [{ error: { message: 'm', code: 200 } }, 'upstream_unavailable', 503],
    [{ error: { message: 'm', code: null } }, 'upstream_unavailable', 503],
    [{ error: { message: 'm', code: 'rate_limit_exceeded' } }, 'rate_limit_exceeded', 429],
    [{ error: { message: 'm', type: 'rate_limit_error' } }, 'rate_limit_exceeded', 429],
    [{ error: { message: 'm', type: 'invalid_request_error' } }, 'upstream_refused', 400],
    [{ error: { message: 'm', type: 'server_error' } }, 'upstream_unavailable', 503],
    [{ error: 'text' }, 'upstream_unavailable', 503],
    [{ object: 'error', message: 'm', code: 400 }, 'upstream_refused', 400],
    [{ type: 'rate_limit_error', message: 'm' }, 'rate_limit_exceeded', 429],
    ['', 'upstream_unavailable', 503],
  ])('%j is %s', (body, code, status) => {
    expect(decodeEmbeddedError(Buffer.from(JSON.stringify(body)))).toMatchObject({ code, status });
  });

  it('keeps what it said where that is the client’s business', () => {
    const body = {
      error: { message: 'Too long.', code: 'context_length_exceeded', type: 'invalid_request_error' },
    };
    expect(decodeEmbeddedError(Buffer.from(JSON.stringify(body))).toBody().error).toMatchObject({
      message: 'Too long.',
      code: 'context_length_exceeded',
    });
  });
});
