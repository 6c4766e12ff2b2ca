import { expect, it } from 'vitest';
import { AllowedIps, allowedIps } from './allowed-ips.js';

it.each<[string[], string, boolean]>([
  [['10.1.2.3'], '10.1.2.3', true],
  [['10.1.2.3'], '10.1.2.4', false],
  [['10.1.2.3'], '::ffff:10.1.2.3', true],
  [['10.1.2.3'], '::ffff:a01:203', true],
  [['10.1.2.3'], '::10.1.2.3', false],
  [['::ffff:10.1.2.3'], '10.1.2.3', true],
  [['10.0.0.0/8'], '10.255.0.1', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['10.0.0.0/8', '192.168.1.0/24'], '::ffff:192.168.1.9', true],
  [['0.0.0.0/0'], '1.2.3.4', true],
  [['0.0.0.0/0'], '::1', false],
  [['::/0'], '::1', true],
  [['::/0'], '1.2.3.4', false],
  [['::/0'], '::ffff:1.2.3.4', false],
  [['2001:db8::/32'], '2001:DB8:1::', true],
  [['2001:db8::/32'], '2001:db9::', false],
  [['fe80::/10'], 'fe80::1%eth0', true],
  [['10.0.0.0/8'], 'unknown', false],
  [['10.0.0.0/8'], '10.1.2.3:80', false],
  [['nonsense'], '10.1.2.3', false],
])('%j and %s: %s', (networks, address, expected) => {
  expect(new AllowedIps(networks).has(address)).toBe(expected);
});

it('is nothing where nothing is said', () => {
  expect(allowedIps([])).toBeUndefined();
});
