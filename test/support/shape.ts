/**
 * Where `actual` is not of the shape of `shown`: a member is missing, or of another type. More members are no
 * difference, nor is what is null in either; of an array each item has the shape of the first that is shown.
 */
export function shapeDifferences(shown: unknown, actual: unknown, path = ''): string[] {
  if (shown === null || actual === null) return [];
  if (Array.isArray(shown)) {
    if (!Array.isArray(actual)) return [`${path}: no array`];
    if (shown.length > 0 && actual.length === 0) return [`${path}: empty`];
    return actual.flatMap((item, at) => shapeDifferences(shown[0], item, `${path}[${at}]`));
  }
  if (typeof shown !== typeof actual || Array.isArray(actual)) return [`${path}: ${typeof actual}`];
  if (typeof shown !== 'object') return [];
  const members = actual as Record<string, unknown>;
  return Object.entries(shown as object).flatMap(([name, value]) =>
    name in members
      ? shapeDifferences(value, members[name], `${path}.${name}`)
      : [`${path}.${name}: missing`],
  );
}
