import { expect } from 'vitest';
import type { Answer } from './gateway.js';

/** The JSON payloads of a stream whose every frame is `data: …\n\n`; `[DONE]` is last, when it is there. */
export function readEvents(text: string): { chunks: Answer['json'][]; isDone: boolean } {
  expect(text).toMatch(/^(?:data: [^\r\n]+\n\n)+$/);
  const payloads = text
    .slice(0, -2)
    .split('\n\n')
    .map((frame) => frame.slice('data: '.length));
  const isDone = payloads.at(-1) === '[DONE]';
  return { chunks: (isDone ? payloads.slice(0, -1) : payloads).map((data) => JSON.parse(data)), isDone };
}
