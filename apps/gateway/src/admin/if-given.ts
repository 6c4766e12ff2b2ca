import { ValidateIf } from 'class-validator';

/** A field that may be left out. Unlike `IsOptional`, null is not the same: there is nothing to clear. */
export function IfGiven(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}
