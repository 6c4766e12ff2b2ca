import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { parseNetwork, plainAddress } from '../config/network.js';

/** The addresses from where a key may be used. One of IPv4 that stands in IPv6 (`::ffff:10.1.2.3`) is itself. */
export class AllowedIps {
  // One list for both would take `::/0` for all of IPv4 too.
  private readonly lists = { ipv4: new BlockList(), ipv6: new BlockList() };

  /** @param networks addresses and CIDR blocks; what is neither lets nobody in */
  constructor(networks: readonly string[]) {
    for (const text of networks) {
      const network = parseNetwork(text);
      if (!network) continue;
      const { family, address, prefix } = network;
      this.lists[family].addSubnet(address, prefix, family);
    }
  }

  /** @param address as a socket or a proxy tells it; what is none is not allowed */
  has(address: string): boolean {
    const plain = plainAddress(address);
    if (isIPv4(plain)) return this.lists.ipv4.check(plain, 'ipv4');
    return isIPv6(plain) && this.lists.ipv6.check(plain, 'ipv6');
  }
}

/** Undefined: it may be used from everywhere. */
export function allowedIps(networks: readonly string[]): AllowedIps | undefined {
  return networks.length === 0 ? undefined : new AllowedIps(networks);
}
