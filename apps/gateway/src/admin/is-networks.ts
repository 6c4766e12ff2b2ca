import { ValidateBy } from 'class-validator';
import { parseNetwork } from '../config/network.js';

/** A list of IP addresses and CIDR blocks. */
export function IsNetworks(): PropertyDecorator {
  return ValidateBy({
    name: 'isNetworks',
    validator: {
      validate: (value: unknown) =>
        Array.isArray(value) &&
        value.every((text) => typeof text === 'string' && parseNetwork(text) !== undefined),
      defaultMessage: () => '$property must be IP addresses and CIDR blocks such as 10.0.0.0/8',
    },
  });
}
