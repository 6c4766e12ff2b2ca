import { describe, expect, it, vi } from 'vitest';
import { INVALID, VALID } from '../../../test/support/json-cases.js';
import { JsonOutline } from './json-outline.js';
import { LazyObject } from './lazy-object.js';

const NAMES = ['model', 'messages', 'stream', 'input', 'tools'] as const;
const outline = new JsonOutline(NAMES);

function read(text: string): Record<string, unknown> {
  expect(outline.read(Buffer.from(text))).toBe('object');
  return outline.value as Record<string, unknown>;
}

describe('what a text is', () => {
  const texts = INVALID.filter((text) => typeof text === 'string' && text !== '');
  it.each(texts)('not JSON: %j', (text) => {
    expect(outline.read(Buffer.from(text))).toBe('broken');
    expect(outline.read(Buffer.from(`{"model":${text as string}}`))).toBe('broken');
  });

  it.each(VALID)('JSON: %j', (text) => {
    expect(outline.read(Buffer.from(text))).toMatch(/object|other/);
    expect(read(`{"model":${text as string}}`)).toEqual({ model: JSON.parse(text as string) as unknown });
  });

  it.each([
    [63, 'object'],
    [64, 'too_deep'],
    [100_000, 'too_deep'],
  ])('an object around %i arrays: %s', (depth, verdict) => {
    const text = `{"model":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(outline.read(Buffer.from(text))).toBe(verdict);
  });
});

describe('members', () => {
  it('are told of in the order in which they come, with what each is like', () => {
    const long = 'x'.repeat(2_000);
    read(`{"stream":false,"other":1,"messages":[ ],"input":[{}],"tools":{"a":1},"model":"${long}"}`);
    const found = outline.found.slice(0, outline.count);
    expect(found.map((index) => [NAMES[index], outline.likeness(index)])).toEqual([
      ['stream', false],
      ['messages', []],
      ['input', [null]],
      ['tools', {}],
      ['model', 'long'],
    ]);
  });

  it('are forgotten with the next text', () => {
    read('{"model":"a","stream":true}');
    read('{"stream":true}');
    expect(outline.span('model')).toBeUndefined();
    expect(outline.count).toBe(1);
  });

  it.each([
    ['{"model":"a","model":"b"}', 'model'],
    ['{"model":"a","mod\\u0065l":"b"}', 'model'],
    ['{"messages":[1],"model":"b","messages":2}', 'messages'],
    ['{"x":1,"x":2}', undefined],
    ['{"a":{"model":1},"model":2}', undefined],
  ])('that come twice: %s', (text, duplicate) => {
    expect(read(text)).toEqual(JSON.parse(text));
    expect(outline.duplicate).toBe(duplicate);
  });

  it('are found in thousands', () => {
    const text = JSON.stringify(
      Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`${at}x`, at])),
    );
    expect(read(text)).toEqual(JSON.parse(text));
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`${at}x`, []]));
    expect(Object.keys(read(JSON.stringify(many)))).toHaveLength(100_000);
    const tiny = `{${'"":1,'.repeat(30_000)}"model":2}`;
    expect(read(tiny)).toEqual({ '': 1, model: 2 });
  });

  it('may have long names', () => {
    const text = JSON.stringify({ ['n'.repeat(100_000)]: [1], model: ['m'] });
    expect(read(text)).toEqual(JSON.parse(text));
  });

  it('may have any name', () => {
    const text = '{"__proto__":[1],"constructor":2,"é\\n":"é\\ud83d\\ude00","model":"m"}';
    const value = read(text);
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor', 'é\n', 'model']);
    expect({ ...value, __proto__: null }).toMatchObject({ constructor: 2, 'é\n': 'é😀' });
    expect(Object.getPrototypeOf(value)).toBe(LazyObject.prototype);
    expect(read('{"__proto__":7}')).not.toHaveProperty('a');
  });
});

describe('long members', () => {
  const said = {
    model: 'm',
    messages: [{ role: 'user', content: 'é' }],
    input: 'x'.repeat(2_000),
    seed: null,
  };

  it('are read when somebody asks, once, until they are forgotten', () => {
    const value = read(JSON.stringify(said));
    const parse = vi.spyOn(JSON, 'parse');
    expect(value).toMatchObject({ model: 'm', seed: null });
    expect(parse).not.toHaveBeenCalled();
    expect(value['messages']).toEqual(said.messages);
    expect(value['messages']).toBe(value['messages']);
    expect(parse).toHaveBeenCalledTimes(1);
    LazyObject.forget(value as unknown as LazyObject);
    expect({ ...value }).toEqual(said);
    expect(parse).toHaveBeenCalledTimes(3);
    parse.mockRestore();
  });

  it('are those of the text that they came in', () => {
    const value = read(JSON.stringify(said));
    read('{"messages":[2],"input":[3]}');
    expect(value).toEqual(said);
  });
});
