import { expect, it } from 'vitest';
import { readSubtitles } from './subtitles.js';

it.each([
  [
    'SubRip',
    '1\n00:00:00,000 --> 00:00:02,500\nHello.\n\n2\n00:00:02,500 --> 01:01:04,125\nAll of you.\n',
    3_664.125,
  ],
  [
    'WebVTT',
    'WEBVTT\n\n00:00.000 --> 00:02.500 align:start\nHello.\n\n00:02.500 --> 00:04.000\nAll of you.\n',
    4,
  ],
  ['none at all', 'Hello.\n\nAll of you.', undefined],
])('%s: what is said, and until when', (_, subtitles, seconds) => {
  const read = readSubtitles(subtitles);
  expect(read.text.split(/\s*\n\s*/)).toEqual(['Hello.', 'All of you.']);
  expect(read.seconds).toBe(seconds);
});
