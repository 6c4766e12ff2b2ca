import { isIP } from 'node:net';
import { GatewayError } from '#contract';
import { plainAddress } from '../config/network.js';
import type { Caller } from './caller.js';

/** Why a known caller is not let in from where it comes; undefined: it is. Most keys are asked for no address. */
export function refusalAtEntry(
  { isOrphan, teamId, allowedIps }: Caller,
  from: { readonly ip: string },
): GatewayError | undefined {
  if (isOrphan) {
    const message = `The team of this API key, '${teamId}', is not there any more.`;
    return new GatewayError('insufficient_permissions', { message });
  }
  if (allowedIps === undefined) return undefined;
  const { ip } = from;
  if (allowedIps.has(ip)) return undefined;
  const seen = isIP(ip) === 0 ? 'an address that is not known' : plainAddress(ip);
  return new GatewayError('ip_not_allowed', { message: `This API key may not be used from ${seen}.` });
}
