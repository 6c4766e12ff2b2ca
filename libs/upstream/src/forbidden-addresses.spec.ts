import { describe, expect, it } from 'vitest';
import { isForbiddenAddress, isForbiddenName } from './forbidden-addresses.js';

describe('an address where no provider lives', () => {
  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '169.254.0.0',
    '169.254.255.255',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fd00:ec2::254',
    'fd00:0ec2:0000::254',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '0:0:0:0:0:ffff:a9fe:a9fe',
    '::169.254.169.254',
    '64:ff9b::169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    '',
    'localhost',
    '169.254.169.254.',
    '0xa9fea9fe',
  ])('is always %s', (address) => {
    expect(isForbiddenAddress(address, false)).toBe(true);
    expect(isForbiddenAddress(address, true)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.1.2.3',
    '::127.0.0.1',
    '64:ff9b::10.0.0.1',
    '64:ff9b:1::10.0.0.1',
    '2002:7f00:1::',
    '2002:0a00:0001::1',
    '2001::1',
    'fc00::1',
    'fd12:3456::1',
    'fec0::1',
    'ff02::1',
  ])('is %s where private ones are denied', (address) => {
    expect(isForbiddenAddress(address, false)).toBe(false);
    expect(isForbiddenAddress(address, true)).toBe(true);
  });

  it.each([
    '1.1.1.1',
    '104.18.7.192',
    '100.63.255.255',
    '100.128.0.1',
    '126.255.255.255',
    '128.0.0.1',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.1',
    '192.167.255.255',
    '192.169.0.1',
    '223.255.255.255',
    '2606:4700::6812:7c0',
    '2a00:1450:4001:80b::200a',
    '::ffff:1.1.1.1',
    '64:ff9b::1.1.1.1',
    '2002:101:101::',
  ])('is not %s', (address) => {
    expect(isForbiddenAddress(address, true)).toBe(false);
  });
});

describe('a name that no provider has', () => {
  it.each(['metadata.google.internal', 'METADATA.google.internal.', 'metadata', 'metadata.goog..'])(
    'is %s',
    (name) => expect(isForbiddenName(name)).toBe(true),
  );
  it.each(['api.openai.com', 'metadata.example', 'google.internal', 'localhost'])('is not %s', (name) =>
    expect(isForbiddenName(name)).toBe(false),
  );
});
