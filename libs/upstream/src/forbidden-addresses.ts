import { BlockList, isIP } from 'node:net';

/** Where machines ask who they are, and get credentials: no provider lives there. */
const ALWAYS = [
  '169.254.0.0/16', // link-local; the metadata of AWS, Google, Azure, Oracle and others
  '100.100.100.200/32', // Alibaba's metadata
  '168.63.129.16/32', // Azure's host
  '192.0.0.192/32', // Oracle's metadata
  'fe80::/10', // link-local
  'fd00:ec2::/32', // AWS' metadata
  'fd20:ce::254/128', // Google's metadata
];

/** Not on the public internet (RFC 6890 and the registries behind it). */
const PRIVATE = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3', // multicast, reserved, broadcast
  '::/127', // unspecified, loopback
  '100::/64',
  '2001::/23', // Teredo and other protocols
  '2001:db8::/32',
  'fc00::/7',
  'fec0::/10',
  'ff00::/8',
];

/** Names that only a metadata service has, whatever they resolve to. */
const METADATA_NAMES = new Set(['metadata.google.internal', 'metadata.goog', 'metadata', 'instance-data']);

const always = listOf(ALWAYS);
const alwaysAndPrivate = listOf([...ALWAYS, ...PRIVATE]);

/** May no provider live at this IP address? What is no address is none. */
export function isForbiddenAddress(address: string, denyPrivate: boolean): boolean {
  const [bare = ''] = address.split('%');
  const version = isIP(bare);
  if (version === 0) return true;
  const list = denyPrivate ? alwaysAndPrivate : always;
  return list.check(bare, version === 4 ? 'ipv4' : 'ipv6');
}

/** May no provider have this name? */
export function isForbiddenName(name: string): boolean {
  return METADATA_NAMES.has(name.toLowerCase().replace(/\.+$/, ''));
}

/** May no provider live at this host, as far as it tells without a look-up? A name is judged again when it is dialled. */
export function isForbiddenHost(host: string, denyPrivate: boolean): boolean {
  return isIP(host) === 0 ? isForbiddenName(host) : isForbiddenAddress(host, denyPrivate);
}

/** An IPv4 address also stands in IPv6 ones: mapped, compatible, behind NAT64, and 6to4. */
function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const prefix = Number(bits);
    if (isIP(address) === 6) {
      list.addSubnet(address, prefix, 'ipv6');
      continue;
    }
    list.addSubnet(address, prefix, 'ipv4');
    for (const outer of ['::ffff:', '::', '64:ff9b::', '64:ff9b:1::']) {
      list.addSubnet(`${outer}${address}`, 96 + prefix, 'ipv6');
    }
    list.addSubnet(`2002:${inHex(address)}::`, 16 + prefix, 'ipv6');
  }
  return list;
}

/** `7f00:1` */
function inHex(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
