import { ValidateBy, buildMessage } from 'class-validator';

/** A list of texts or objects. How many there may be is the provider's to say. */
export function IsDocuments(): PropertyDecorator {
  return ValidateBy({
    name: 'isDocuments',
    validator: {
      validate: (value) => Array.isArray(value) && value.every(isDocument),
      defaultMessage: buildMessage((each) => `${each}$property must be an array of strings or objects`),
    },
  });
}

function isDocument(value: unknown): boolean {
  return typeof value === 'string' || (typeof value === 'object' && value !== null && !Array.isArray(value));
}
