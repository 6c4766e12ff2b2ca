import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readUsage } from '#contract';
import { UsageShape, readUsageText } from './usage-shape.js';

const OPENAI =
  '{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":8,"audio_tokens":0,"accepted_prediction_tokens":0}}';
const SPACED = '{ "input_tokens" : 9, "output_tokens": 12, "service_tier": "tier 2", "x5": null }';
const DEEPSEEK = '{"prompt_tokens":9,"completion_tokens":1,"prompt_cache_hit_tokens":3,"total_tokens":10}';

function shapeOf(text: string): UsageShape | undefined {
  return UsageShape.of(Buffer.from(text), 0, text.length);
}

describe('the shape of a usage', () => {
  it.each([OPENAI, SPACED, DEEPSEEK])('reads its like: %s', (text) => {
    const shape = shapeOf(text);
    fc.assert(
      fc.property(fc.array(fc.nat(999_999_999), { minLength: 9, maxLength: 9 }), (values) => {
        let at = 0;
        const like = text.replaceAll(/(?<=: ?)\d+/g, () => String(values[at++]));
        const read = shape?.read(Buffer.from(`--${like}--`), 2, 2 + like.length);
        expect(read).toEqual(readUsage(JSON.parse(like)));
      }),
    );
  });

  it.each([
    ['a name is another', DEEPSEEK.replace('total', 'sum')],
    ['there is more', DEEPSEEK.replace('}', ',"x":1}')],
    ['there is less', '{"prompt_tokens":9,"completion_tokens":1}'],
    ['a number is negative', DEEPSEEK.replace('9', '-9')],
    ['a number has a fraction', DEEPSEEK.replace('9', '9.5')],
    ['a number is long', DEEPSEEK.replace('9', '9999999999')],
    ['a number is null', DEEPSEEK.replace('9', 'null')],
    ['it is cut', DEEPSEEK.slice(0, -1)],
  ])('does not read it where %s', (_, text) => {
    expect(shapeOf(DEEPSEEK)?.read(Buffer.from(text), 0, text.length)).toBeUndefined();
  });

  it.each([
    'null',
    '[]',
    '{}',
    '{"prompt_tokens":1.5}',
    '{"prompt_tokens":1e3}',
    '{"type":"duration","seconds":3}',
    '{"prompt_tokens":\n9,"completion_tokens": 1}',
  ])('there is none of %s', (text) => {
    expect(shapeOf(text)).toBeUndefined();
  });
});

it('a usage is read whether or not its shape is known', () => {
  const read = (text: string) => readUsageText(Buffer.from(text), 0, text.length);
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 40; index++) {
      const text = `{"prompt_tokens":${index + round},"n${index}":{},"completion_tokens":7}`;
      expect(read(text)).toMatchObject({ promptTokens: index + round, completionTokens: 7 });
    }
    expect(read('{"prompt_tokens":1.5}')).toBeUndefined();
    expect(read('{"seconds":3.25}')).toMatchObject({ audioSeconds: 3.25 });
    expect(read('{')).toBeUndefined();
  }
});
