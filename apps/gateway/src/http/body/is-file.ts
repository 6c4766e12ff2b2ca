import { ValidateBy, buildMessage } from 'class-validator';

/** A part with a file name. */
export function IsFile(): PropertyDecorator {
  return ValidateBy({
    name: 'isFile',
    validator: {
      validate: (value) => typeof value === 'object' && value !== null && 'filename' in value,
      defaultMessage: buildMessage((each) => `${each}$property must be a file`),
    },
  });
}
