import { BlockList } from 'node:net';
import { parseNetwork } from '../config/network.js';

/** Is every address of `other` one of `block`? Both are addresses or CIDR blocks; what is neither covers nothing. */
export function coversBlock(block: string, other: string): boolean {
  const [outer, inner] = [parseNetwork(block), parseNetwork(other)];
  if (!outer || !inner || outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  const list = new BlockList();
  list.addSubnet(outer.address, outer.prefix, outer.family);
  return list.check(inner.address, inner.family);
}
