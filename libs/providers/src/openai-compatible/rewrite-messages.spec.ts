import { describe, expect, it } from 'vitest';
import type { RelayedRequest } from '#contract';
import { compileMessages } from './rewrite-messages.js';

const rewrite = compileMessages({
  dropInMessages: ['refusal'],
  roles: { developer: 'system' },
  shapeCallId: (id) => id.slice(0, 4),
});
const rewritten = (text: string): string =>
  rewrite(Buffer.from(text), JSON.parse(text) as RelayedRequest).toString();

describe('the messages of a chat', () => {
  it.each([
    ['{"messages":[]}', '{"messages":[]}'],
    [
      '{"messages":[{"refusal":null}, {"content":"\\"refusal\\"", "refusal":"no"}]}',
      '{"messages":[{}, {"content":"\\"refusal\\""}]}',
    ],
    ['{"messages":["refusal"]}', '{"messages":["refusal"]}'],
    ['{"messages":{"refusal":1}}', '{"messages":{"refusal":1}}'],
    ['{"refusal":1,"role":"developer"}', '{"refusal":1,"role":"developer"}'],
    [
      '{"messages":[{"content":"developer", "role" : "developer"},{"role":"user","content":1.0}]}',
      '{"messages":[{"content":"developer", "role" : "system"},{"role":"user","content":1.0}]}',
    ],
    ['{"messages":[{"r\\u006fle":"dev\\u0065loper"}]}', '{"messages":[{"r\\u006fle":"system"}]}'],
    [
      '{"messages":[{"tool_calls":[{"id":"call_1","f":{"id":"call_1"}},{"id":"abcd"}]},{"tool_call_id":"call_1"}]}',
      '{"messages":[{"tool_calls":[{"id":"call","f":{"id":"call_1"}},{"id":"abcd"}]},{"tool_call_id":"call"}]}',
    ],
    [
      '{"messages":[{"tool_calls":null,"tool_call_id":7}]}',
      '{"messages":[{"tool_calls":null,"tool_call_id":7}]}',
    ],
    ['{"messages":[{"role":"developer","refusal":"no"}]}', '{"messages":[{"role":"system"}]}'],
  ])('%s', (given, expected) => expect(rewritten(given)).toBe(expected));

  it('are not read again where nothing is to be changed', () => {
    const text = '{"messages":[{"role":"system","content":"x"},{"role":"tool","tool_call_id":"abcd"}]}';
    const body = Buffer.from(text);
    expect(rewrite(body, JSON.parse(text) as RelayedRequest)).toBe(body);
  });
});
