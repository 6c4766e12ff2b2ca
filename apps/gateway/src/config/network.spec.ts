import { describe, expect, it } from 'vitest';
import { parseNetwork, plainAddress } from './network.js';

describe('a network', () => {
  it.each([
    ['10.1.2.3', 'ipv4', '10.1.2.3', 32],
    ['10.0.0.0/8', 'ipv4', '10.0.0.0', 8],
    ['0.0.0.0/0', 'ipv4', '0.0.0.0', 0],
    ['2001:db8::1', 'ipv6', '2001:db8::1', 128],
    ['2001:DB8::/32', 'ipv6', '2001:DB8::', 32],
    ['::/0', 'ipv6', '::', 0],
    ['::ffff:10.1.2.3', 'ipv4', '10.1.2.3', 32],
    ['::ffff:a01:203', 'ipv4', '10.1.2.3', 32],
    ['::ffff:10.0.0.0/104', 'ipv4', '10.0.0.0', 8],
    ['::ffff:0:0/95', 'ipv6', '::ffff:0:0', 95],
  ])('%s is one', (text, family, address, prefix) => {
    expect(parseNetwork(text)).toEqual({ family, address, prefix });
  });

  it.each([
    '',
    ' 10.0.0.1',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '0x0a.0.0.1',
    '167772161',
    '10.0.0.1/33',
    '10.0.0.1/',
    '10.0.0.1/08',
    '10.0.0.1/-1',
    '10.0.0.0/255.0.0.0',
    '10.0.0.0/8/8',
    '10.*',
    '10.0.0.1-10.0.0.9',
    '10.0.0.1:80',
    '::/129',
    '::1::',
    '[::1]',
    'fe80::1%eth0',
    'fe80::%eth0/10',
    'localhost',
    'loopback',
  ])("'%s' is none", (text) => expect(parseNetwork(text)).toBeUndefined());
});

it.each([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['::FFFF:0a01:0203', '10.1.2.3'],
  ['0:0:0:0:0:ffff:10.1.2.3', '10.1.2.3'],
  ['::1', '::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['::10.1.2.3', '::10.1.2.3'],
  ['unknown', 'unknown'],
])('the address %s is %s', (text, plain) => expect(plainAddress(text)).toBe(plain));
