import { ValidateBy } from 'class-validator';
import { PRICE_MEMBERS, readDollars } from '#metering';
import type { PriceMember, PriceText } from '#metering';
import { IfGiven } from './if-given.js';

/** A price, in decimal strings of US dollars: for a million tokens, or for one of anything else. */
export class PriceBody implements PriceText {
  @IfGiven() @IsDollars() input_per_mtok?: string;
  @IfGiven() @IsDollars() output_per_mtok?: string;
  @IfGiven() @IsDollars() cached_input_per_mtok?: string;
  @IfGiven() @IsDollars() cache_write_per_mtok?: string;
  @IfGiven() @IsDollars() audio_input_per_mtok?: string;
  @IfGiven() @IsDollars() audio_output_per_mtok?: string;
  @IfGiven() @IsDollars() reasoning_per_mtok?: string;
  @IfGiven() @IsDollars() per_image?: string;
  @IfGiven() @IsDollars() per_second?: string;
  @IfGiven() @IsDollars() per_character?: string;
  @IfGiven() @IsDollars() per_request?: string;
}

/** Dollars as a text that is kept exactly. */
function IsDollars(): PropertyDecorator {
  return ValidateBy({
    name: 'isDollars',
    validator: {
      validate: (value, context) =>
        typeof value === 'string' && readDollars(context?.property as PriceMember, value) !== undefined,
      defaultMessage: (context) => {
        const { digits, most } = PRICE_MEMBERS[context?.property as PriceMember];
        return `$property must be a decimal string of US dollars, at most ${most}, with at most ${digits} digits behind the point`;
      },
    },
  });
}
