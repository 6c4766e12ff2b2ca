import { describe, expect, it } from 'vitest';
import { awsFrame } from '../../../../../test/support/aws-frames.js';
import { frame } from './frame.js';

describe('a frame of the sandbox', () => {
  it.each([
    ['contentBlockDelta', '{"delta":{"text":"größe 🌍"}}'],
    ['internalServerException', '{"message":"x"}'],
    ['messageStart', ''],
  ])('is what AWS makes of %s', (name, data) => {
    expect(frame({ name, data, phase: 'open' })).toEqual(awsFrame(name, data));
  });
});
