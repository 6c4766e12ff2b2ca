import { expect, it } from 'vitest';
import type { JsonRequest } from '#contract';
import { modelText } from './model-text.js';

function request(spelled: string): JsonRequest {
  // Larger than what shares its memory with other buffers.
  const bytes = Buffer.from(`{"model":${spelled},"messages":[${' '.repeat(10_000)}]}`);
  const span = { start: 9, end: 9 + Buffer.byteLength(spelled) };
  const spans = { model: span, streamOptions: undefined, close: bytes.length - 1 };
  return { bytes, value: { model: 'chosen' }, spans } as unknown as JsonRequest;
}

it.each([
  ['"gpt"', '"gpt"'],
  ['"g\\u0070t"', '"g\\u0070t"'],
  ['"模型 🙂"', '"模型 🙂"'],
  ['null', '"chosen"'],
])('%s is told as it was spelled', (spelled, told) => {
  for (const isKept of [false, true, true]) {
    expect(modelText(request(spelled), isKept).toString()).toBe(told);
  }
});

it('keeps nothing of the body for a stream', () => {
  const asked = request('"gpt"');
  expect(modelText(asked, true).buffer === asked.bytes.buffer).toBe(false);
  expect(modelText(request('"gpt"'), true)).toBe(modelText(asked, true));
});
