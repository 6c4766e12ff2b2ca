import { ValidateBy } from 'class-validator';

/** Targets of which at least one gets calls: with no weight at all there is nobody to draw. */
export function HasWeight(): PropertyDecorator {
  return ValidateBy({
    name: 'hasWeight',
    validator: {
      validate: hasWeight,
      defaultMessage: () => '$property must hold at least one with a weight above 0',
    },
  });
}

/** What is no list of targets is told of by other rules. */
function hasWeight(targets: unknown): boolean {
  if (!Array.isArray(targets)) return true;
  const list = targets as readonly ({ readonly weight?: unknown } | null)[];
  return list.length === 0 || list.some((target) => target?.weight !== 0);
}
