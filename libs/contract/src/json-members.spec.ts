import { describe, expect, it } from 'vitest';
import { JsonMembers } from './json-members.js';

const NAMES = ['model', 'usage', 'stream_options'] as const;
const members = new JsonMembers(NAMES);

/** The text of each wanted value, where the object has one. */
function valuesIn(text: string): Record<string, string> | false {
  const bytes = Buffer.from(text);
  if (!members.read(bytes)) return false;
  const found = NAMES.filter((name) => members.start(name) >= 0);
  return Object.fromEntries(
    found.map((name) => [name, bytes.toString('utf8', members.start(name), members.end(name))]),
  );
}

describe('finding members', () => {
  it.each<[string, string, Record<string, string>]>([
    ['alone', '{"model":"a"}', { model: '"a"' }],
    ['first', '{"model":"a","n":1}', { model: '"a"' }],
    ['in the middle', '{"n":1,"model":"a","m":2}', { model: '"a"' }],
    ['last', '{"n":1,"model":"a"}', { model: '"a"' }],
    ['none', '{"n":1}', {}],
    ['an empty object', '{}', {}],
    ['an empty object with space', ' \r\n\t{ \n } \n', {}],
    ['space everywhere', ' { "n" : [ 1 , 2 ] , \n\t"model" \r\n:\t "a" , "m":2 } ', { model: '"a"' }],
    ['several', '{"usage":null,"model":"a"}', { model: '"a"', usage: 'null' }],
    ['an object', '{"usage":{"a":{"b":"}"}},"n":1}', { usage: '{"a":{"b":"}"}}' }],
    ['an array', '{"usage":[[],["]"],{}],"n":1}', { usage: '[[],["]"],{}]' }],
    ['a number', '{"usage":-1.50e+7}', { usage: '-1.50e+7' }],
    ['a number before space', '{"usage":18446744073709551615 }', { usage: '18446744073709551615' }],
    ['true', '{"usage":true,"n":1}', { usage: 'true' }],
    ['an empty string', '{"model":""}', { model: '""' }],
    ['escapes in the value', '{"model":"\\"\\\\\\u0022"}', { model: '"\\"\\\\\\u0022"' }],
    ['unicode in the value', '{"ü":"ü","model":"模型😀"}', { model: '"模型😀"' }],
    ['an escaped name', '{"mod\\u0065l":"a"}', { model: '"a"' }],
    ['a name wholly escaped', '{"\\u006d\\u006F\\u0064\\u0065\\u006c" : "a"}', { model: '"a"' }],
    ['a name with an escape that is another', '{"mod\\u0065ls":"a","\\n":1}', {}],
    ['a longer name', '{"models":1,"mode":2,"Model":3,"\\"model":4}', {}],
    ['only nested', '{"a":{"model":"x"},"b":[{"usage":1}]}', {}],
    ['nested before', '{"a":{"model":"x"},"model":"a"}', { model: '"a"' }],
    ['as text in a string', '{"a":"\\",\\"model\\":\\"x\\"","model":"a"}', { model: '"a"' }],
    ['as text in a name', '{"{\\"model\\":1}":"x","model":"a"}', { model: '"a"' }],
    ['braces in strings', '{"a":"}}]]","b":{"c":"}"},"d":["]}"],"model":"a"}', { model: '"a"' }],
    ['as a value', '{"a":"model","model":"a"}', { model: '"a"' }],
    ['a backslash before the end of a string', '{"a":"\\\\","model":"a"}', { model: '"a"' }],
  ])('%s', (_, text, expected) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(valuesIn(text)).toEqual(expected);
  });

  // The scanner changes its gait after 48 bytes: every length around there, every run of backslashes.
  it('reads strings of any length with any run of backslashes at their end', () => {
    for (let length = 0; length < 110; length++) {
      for (let pairs = 0; pairs < 5; pairs++) {
        for (const tail of ['', '\\"', '\\",\\"model\\":\\"x']) {
          const text = `{"a":"${'x'.repeat(length)}${'\\\\'.repeat(pairs)}${tail}","model":"a"}`;
          expect(valuesIn(text), text).toEqual({ model: '"a"' });
        }
      }
    }
  });

  it('reads a part of a larger text and nothing outside of it', () => {
    const bytes = Buffer.from('[{"model":"a"},{"usage":1}]');
    expect(members.read(bytes, 1, 14)).toBe(true);
    expect([members.start('model'), members.end('model'), members.close]).toEqual([10, 13, 13]);
    expect(members.start('usage')).toBe(-1);
    for (let to = 1; to < 14; to++) expect(members.read(bytes, 1, to), `to ${to}`).toBe(false);
  });

  it('forgets what the text before had', () => {
    members.read(Buffer.from('{"model":"a","model":{"b":[]}}'));
    members.read(Buffer.from('{"usage":1}'));
    expect(members.duplicate).toBeUndefined();
    expect(members.depth).toBe(1);
    expect([members.start('model'), members.end('model')]).toEqual([-1, -1]);
  });

  it('says where the object closes', () => {
    const text = ' {"a":"}","b":{} , "c":[] } \n';
    members.read(Buffer.from(text));
    expect(members.close).toBe(text.lastIndexOf('}'));
  });
});

describe('duplicates', () => {
  it.each<[string, string | undefined]>([
    ['{"model":1,"model":1}', 'model'],
    ['{"model":1,"mod\\u0065l":2}', 'model'],
    ['{"\\u006dodel":1,"mode\\u006C":2}', 'model'],
    ['{"usage":1,"model":1,"usage":1,"model":1}', 'usage'],
    ['{"model":1,"a":{"model":2},"b":"model"}', undefined],
    ['{"n":1,"n":2}', undefined],
    ['{"model":1,"Model":2,"model ":3}', undefined],
  ])('%s: %s', (text, expected) => {
    expect(members.read(Buffer.from(text))).toBe(true);
    expect(members.duplicate).toBe(expected);
  });
});

describe('depth', () => {
  it.each([
    ['{}', 1],
    ['{"a":1,"b":"[[[["}', 1],
    ['{"a":[]}', 2],
    ['{"a":[],"b":{}}', 2],
    ['{"a":[{"b":[1]}],"c":{}}', 4],
    [`{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 10_001],
  ])('%.30s: %i', (text, expected) => {
    expect(members.read(Buffer.from(text))).toBe(true);
    expect(members.depth).toBe(expected);
  });
});

describe('text that is no object', () => {
  it.each([
    '',
    ' ',
    'null',
    '[]',
    '"{}"',
    '{',
    '}',
    '{"',
    '{"a"',
    '{"a":',
    '{"a":}',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{,}',
    '{"a" 1}',
    '{"a":1 "b":2}',
    '{a:1}',
    "{'a':1}",
    '{"a":1}}',
    '{"a":1} x',
    '{"a":"x}',
    '{"a":"x\\"}',
    '{"a":[}',
    '{"a":{"b":1}',
    '{"a":["x]}',
    '\ufeff{}',
    '{"a\\',
  ])('%j', (text) => {
    expect(members.read(Buffer.from(text))).toBe(false);
  });

  it('refuses every beginning of an object, also inside long strings and escapes', () => {
    const long = '\\\\\\"'.repeat(30);
    const text = `{"mod\\u0065l":"${long}","a":[{"b":"${'x'.repeat(60)}"},-1.5e7,true],"usage":{"c":null}}`;
    const bytes = Buffer.from(text);
    expect(members.read(bytes)).toBe(true);
    for (let to = 0; to < bytes.length; to++) {
      expect(members.read(bytes.subarray(0, to)), `${to} bytes`).toBe(false);
      expect(members.read(bytes, 0, to), `up to ${to}`).toBe(false);
    }
  });
});

describe('cutting a member out', () => {
  it.each([
    ['{"usage":null}', '{}'],
    ['{ "usage" : null }', '{  }'],
    ['{"usage":null,"a":1}', '{"a":1}'],
    ['{"a":1,"usage":null}', '{"a":1}'],
    ['{"a":1,"usage":null,"b":2}', '{"a":1,"b":2}'],
    ['{"a":1 ,\n "usage" : {"x":[1,2]} , "b":2}', '{"a":1  , "b":2}'],
    ['{"usage":{"x":"}"} , "b":[1,2]}', '{ "b":[1,2]}'],
    ['{"a":",","us\\u0061ge":"," }', '{"a":"," }'],
    ['{"usage":"a,b"}', '{}'],
  ])('%s', (text, expected) => {
    const bytes = Buffer.from(text);
    members.read(bytes);
    const span = members.spanOf('usage');
    expect(text.slice(0, span.start) + text.slice(span.end)).toBe(expected);
  });

  it('is not misled by what stands behind the object', () => {
    const bytes = Buffer.from('{"usage":1},2');
    members.read(bytes, 0, 11);
    const span = members.spanOf('usage');
    expect(span).toEqual({ start: 1, end: 10 });
  });
});
