import { describe, expect, it } from 'vitest';
import { itemsOf, listInputItems, turnItems } from './items.js';

const TEXT = { type: 'message', role: 'user', content: 'Hi' };

describe('the items of an input', () => {
  it.each([
    ['Hi', [TEXT]],
    ['', [{ ...TEXT, content: '' }]],
    [
      [1, { a: 1 }],
      [1, { a: 1 }],
    ],
    [[], []],
    [null, []],
    [undefined, []],
  ])('%j', (input, items) => expect(itemsOf(input)).toEqual(items));
});

describe('what a turn adds', () => {
  it.each([
    ['{"output":[{"type":"a"},{"type":"b"}]}', [TEXT, { type: 'a' }, { type: 'b' }]],
    ['{"output":null}', [TEXT]],
    ['{}', [TEXT]],
  ])('%s', (response, items) =>
    expect(turnItems({ input: JSON.stringify([TEXT]), response })).toEqual(items),
  );
});

describe('the list of a response’s input', () => {
  const list = (items: readonly unknown[], page: Parameters<typeof listInputItems>[1] = {}) =>
    listInputItems({ id: 'resp_1', input: JSON.stringify(items) }, page);
  const five = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, type: 'x' }));
  const idsOf = (page: Parameters<typeof listInputItems>[1]): unknown[] => {
    const { data, first_id, last_id, has_more } = list(five, page);
    return [data.map(({ id }) => id).join(''), first_id, last_id, has_more];
  };

  it.each<[Parameters<typeof listInputItems>[1], unknown[]]>([
    [{}, ['edcba', 'e', 'a', false]],
    [{ order: 'asc' }, ['abcde', 'a', 'e', false]],
    [{ limit: 2 }, ['ed', 'e', 'd', true]],
    [{ limit: 2, after: 'd' }, ['cb', 'c', 'b', true]],
    [{ limit: 2, after: 'b' }, ['a', 'a', 'a', false]],
    [{ order: 'asc', after: 'c' }, ['de', 'd', 'e', false]],
    [{ after: 'a' }, ['', null, null, false]],
  ])('in pages: %j', (page, expected) => expect(idsOf(page)).toEqual(expected));

  it('has twenty where nobody says how many', () => {
    const { data, has_more: hasMore } = list(Array.from({ length: 21 }, () => TEXT));
    expect([data.length, hasMore]).toEqual([20, true]);
  });

  it.each([
    [TEXT, { ...TEXT, id: 'msg_resp_1_0', content: [{ type: 'input_text', text: 'Hi' }] }],
    [
      { role: 'assistant', content: 'Hi' },
      {
        id: 'msg_resp_1_0',
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Hi', annotations: [] }],
      },
    ],
    [
      { type: 'function_call_output', id: 'fc_1', output: 'sun' },
      { type: 'function_call_output', id: 'fc_1', output: 'sun' },
    ],
    [7, { id: 'msg_resp_1_0', type: 'message' }],
  ])('shows %j with an id and a type', (item, shown) => expect(list([item]).data).toEqual([shown]));
});
