import { BlockList, SocketAddress, isIP } from 'node:net';

interface Block {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  /** How many bits are the same. */
  readonly prefix: number;
}

/** Addresses of IPv4 as IPv6 has them: they are those of IPv4, which no block of IPv6 covers. */
const MAPPED = /^::ffff:([\d.]+)$/;
const MAPPED_BITS = 96;

/** Is every address of `other` one of `block`? Both are addresses or CIDR blocks; what is neither covers nothing. */
export function coversBlock(block: string, other: string): boolean {
  const [outer, inner] = [readBlock(block), readBlock(other)];
  if (!outer || !inner || outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  const list = new BlockList();
  list.addSubnet(outer.address, outer.prefix, outer.family);
  return list.check(inner.address, inner.family);
}

function readBlock(text: string): Block | undefined {
  const [, given = '', bits] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(given);
  if (version === 0) return undefined;
  const longest = version === 4 ? 32 : 128;
  const prefix = Number(bits ?? longest);
  if (prefix > longest) return undefined;
  if (version === 4) return { address: given, family: 'ipv4', prefix };
  const [, mapped] = MAPPED.exec(new SocketAddress({ address: given, family: 'ipv6' }).address) ?? [];
  if (mapped === undefined) return { address: given, family: 'ipv6', prefix };
  const inMapped = prefix - MAPPED_BITS;
  return inMapped < 0 ? undefined : { address: mapped, family: 'ipv4', prefix: inMapped };
}
