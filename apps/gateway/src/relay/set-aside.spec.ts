import { expect, it, vi } from 'vitest';
import { JsonOutline } from '#contract';
import type { Call } from './call.js';
import { setAside } from './set-aside.js';

it('what was parsed of a body is parsed again by whoever asks behind it', () => {
  const outline = new JsonOutline([]);
  const bytes = Buffer.from('{"model":"m","messages":[{"role":"user","content":"Hello"}]}');
  outline.read(bytes);
  const call = { request: { bytes, value: outline.value, spans: {} } } as unknown as Call;
  const said = (): unknown => (call.request.value as { messages?: unknown }).messages;
  const before = said();
  const parse = vi.spyOn(JSON, 'parse');
  expect(said()).toBe(before);
  expect(parse).not.toHaveBeenCalled();
  setAside(call);
  expect(said()).toEqual(before);
  expect(parse).toHaveBeenCalledTimes(1);
  parse.mockRestore();
});
