import { isISO8601, ValidateBy } from 'class-validator';

/** ISO 8601 also has weeks, ordinal days and years before Christ: JavaScript or Postgres cannot read those. */
const DATE_AND_TIME = /^[1-9]\d{3}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/** A day of the calendar, or a moment in it: `2026-01-31`, `2026-01-31T12:00:00Z`. */
export function IsTime(): PropertyDecorator {
  return ValidateBy({
    name: 'isTime',
    validator: {
      validate: isTime,
      defaultMessage: () => '$property must be a time such as 2026-01-31T12:00:00Z',
    },
  });
}

function isTime(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    DATE_AND_TIME.test(value) &&
    isISO8601(value, { strict: true }) &&
    !Number.isNaN(Date.parse(value))
  );
}
