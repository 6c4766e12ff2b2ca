import { ValidateBy, buildMessage } from 'class-validator';

/** A stop sequence, or a list of them. */
export function IsStop(): PropertyDecorator {
  return ValidateBy({
    name: 'isStop',
    validator: {
      validate: isStop,
      defaultMessage: buildMessage((each) => `${each}$property must be a string or an array of strings`),
    },
  });
}

function isStop(value: unknown): boolean {
  return (
    typeof value === 'string' || (Array.isArray(value) && value.every((item) => typeof item === 'string'))
  );
}
