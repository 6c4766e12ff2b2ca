import { expect, it } from 'vitest';
import { coversBlock } from './covers-block.js';

it.each<[string, string[], string[]]>([
  [
    '10.0.0.0/8',
    ['10.0.0.0/8', '10.1.0.0/16', '10.255.255.255'],
    ['10.0.0.0/7', '11.0.0.0', '::ffff:10.0.0.1'],
  ],
  ['10.0.0.0/9', ['10.127.0.0/16'], ['10.128.0.0/16', '10.0.0.0/8']],
  ['192.0.2.7', ['192.0.2.7', '192.0.2.7/32'], ['192.0.2.6', '192.0.2.7/31']],
  ['0.0.0.0/0', ['0.0.0.0/0', '192.0.2.7'], ['::/0', '2001:db8::1']],
  [
    '2001:db8::/33',
    ['2001:db8::/33', '2001:db8:7fff::1'],
    ['2001:db8:8000::/33', '2001:db8::/32', '10.0.0.1'],
  ],
  ['::/0', ['2001:db8::1', '::/0'], ['0.0.0.0/0']],
  ['nonsense', [], ['nonsense', '10.0.0.1']],
])('%s', (block, covered, others) => {
  expect(covered.filter((other) => !coversBlock(block, other))).toEqual([]);
  expect(others.filter((other) => coversBlock(block, other))).toEqual([]);
});
