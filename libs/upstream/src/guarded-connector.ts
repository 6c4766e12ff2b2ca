import * as dns from 'node:dns';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { GatewayError } from '#contract';
import { isForbiddenAddress, isForbiddenHost } from './forbidden-addresses.js';

/** What `dns.lookup` gives when it is asked for all. */
export type LookupAll = (
  hostname: string,
  options: dns.LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface ConnectorSettings {
  readonly timeoutMs: number;
  readonly denyPrivate: boolean;
  readonly lookup?: LookupAll;
}

/**
 * Opens sockets where a provider may live. It is the address that is dialled which is judged, not the name: a name
 * may resolve to another one at each look.
 */
export function guardedConnector(settings: ConnectorSettings): buildConnector.connector {
  const { timeoutMs, denyPrivate } = settings;
  const connect = buildConnector({ timeout: timeoutMs, lookup: guardedLookup(settings) });
  return (options, callback) => {
    // An address is not looked up.
    if (isForbiddenHost(options.hostname, denyPrivate)) callback(refusal(), null);
    else connect(options, callback);
  };
}

/** Refuses a name when any of its addresses is forbidden: it is no provider's. */
function guardedLookup({ denyPrivate, lookup = dns.lookup }: ConnectorSettings): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first) return callback(error ?? refusal(), '');
      if (addresses.some(({ address }) => isForbiddenAddress(address, denyPrivate))) {
        return callback(refusal(), '');
      }
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function refusal(): GatewayError {
  return new GatewayError('upstream_rejected', {
    cause: new Error('The address is forbidden to providers.'),
  });
}
