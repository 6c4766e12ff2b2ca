import { describe, expect, it, vi } from 'vitest';
import type { OperationName } from '#contract';
import type { Call } from './call.js';
import { setAside } from './set-aside.js';

const LONG = 'A long text. '.repeat(2_000);

function call(value: object, operation: OperationName = 'chat'): Pick<Call, 'operation' | 'request'> {
  const bytes = Buffer.from(JSON.stringify(value));
  return { operation, request: { bytes, value, spans: {} } } as unknown as Call;
}

describe('what a large body said, while a target is waited for', () => {
  const said = {
    model: 'm',
    stream: true,
    messages: [{ role: 'user', content: LONG }],
    tools: [{ type: 'function' }],
    response_format: { type: 'json_object' },
    user: 'u',
    prompt: LONG,
    seed: null,
  };

  it('is read again by whoever asks, once, and what is short stays', () => {
    const asked = call(said);
    setAside(asked);
    const { value } = asked.request;
    const parse = vi.spyOn(JSON, 'parse');
    expect(value).toMatchObject({
      model: 'm',
      stream: true,
      response_format: { type: 'json_object' },
      user: 'u',
    });
    expect(parse).not.toHaveBeenCalled();
    expect(value).toEqual(said);
    expect({ ...value }).toEqual(said);
    expect(Object.keys(value)).toEqual(Object.keys(said));
    expect(parse).toHaveBeenCalledTimes(1);
    parse.mockRestore();
  });

  it('is not what it said any more', () => {
    const asked = call(said);
    setAside(asked);
    expect(asked.request.value).not.toBe(said);
    expect(Object.getOwnPropertyDescriptor(asked.request.value, 'messages')).not.toHaveProperty('value');
    expect(said.messages[0]?.content).toBe(LONG);
  });

  it('may have a member of any name', () => {
    const asked = call(JSON.parse(`{"model":"m","__proto__":["${LONG}"],"constructor":"${LONG}"}`) as object);
    setAside(asked);
    const { value } = asked.request;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['model', '__proto__', 'constructor']);
    expect(Object.getOwnPropertyDescriptor(value, '__proto__')?.get?.()).toEqual([LONG]);
  });
});

it.each<[string, object, OperationName]>([
  ['a small body', { model: 'm', messages: [] }, 'chat'],
  ['a response, which is kept with its input', { model: 'm', input: LONG }, 'responses'],
])('%s is left as it is', (_, value, operation) => {
  const asked = call(value, operation);
  const { request } = asked;
  setAside(asked);
  expect(asked.request).toBe(request);
});
