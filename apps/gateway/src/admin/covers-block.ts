import { BlockList, isIP } from 'node:net';

interface Block {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly prefix: number;
}

/** Is every address of `other` one of `block`? Both are addresses or CIDR blocks; of two families none covers the other. */
export function coversBlock(block: string, other: string): boolean {
  const [outer, inner] = [readBlock(block), readBlock(other)];
  if (!outer || !inner || outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  const list = new BlockList();
  list.addSubnet(outer.address, outer.prefix, outer.family);
  return list.check(inner.address, inner.family);
}

function readBlock(text: string): Block | undefined {
  const [address = '', prefix] = text.split('/');
  const version = isIP(address);
  if (version === 0) return undefined;
  const longest = version === 4 ? 32 : 128;
  return {
    address,
    family: `ipv${version as 4 | 6}`,
    prefix: prefix === undefined ? longest : Number(prefix),
  };
}
