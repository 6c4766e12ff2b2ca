import { ValidateBy } from 'class-validator';

/** For a list of objects: `ValidateNested` lets an empty list pass for one of them, and a list of them too. */
export function HoldsNoLists(): PropertyDecorator {
  return ValidateBy({
    name: 'holdsNoLists',
    validator: {
      validate: (value: unknown) => !Array.isArray(value) || !value.some(Array.isArray),
      defaultMessage: () => '$property must hold objects, and no lists',
    },
  });
}
