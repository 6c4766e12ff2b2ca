import { SocketAddress, isIP, isIPv4, isIPv6 } from 'node:net';

/** Addresses that begin alike; one alone is a network of its own. */
export interface Network {
  readonly family: 'ipv4' | 'ipv6';
  readonly address: string;
  /** How many bits are the same. */
  readonly prefix: number;
}

/** No zone, and no number with a zero before it: those are read in more than one way. */
const NETWORK = /^([\da-f:.]+)(?:\/(0|[1-9]\d{0,2}))?$/i;
const MAPPED = /^::ffff:([\d.]+)$/;
const MAPPED_BITS = 96;

/** An IP address or a CIDR block (`10.0.0.0/8`, `2001:db8::/32`); undefined: the text is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [, given = '', bits] = NETWORK.exec(text) ?? [];
  const version = isIP(given);
  if (version === 0) return undefined;
  const most = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : Number(bits);
  if (prefix > most) return undefined;
  const address = plainAddress(given);
  if (version === 4) return { family: 'ipv4', address, prefix };
  const isMapped = isIPv4(address) && prefix >= MAPPED_BITS;
  if (isMapped) return { family: 'ipv4', address, prefix: prefix - MAPPED_BITS };
  return { family: 'ipv6', address: given, prefix };
}

/** An IP address without its zone; one of IPv4 as itself, also where a socket tells it as one of IPv6. */
export function plainAddress(text: string): string {
  const [bare = ''] = text.split('%', 1);
  if (!isIPv6(bare)) return text;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  return MAPPED.exec(address)?.[1] ?? address;
}

/** `10.0.0.0/8, 192.168.0.1` */
export function networkTexts(list: string): string[] {
  return list.split(',').map((text) => text.trim());
}
