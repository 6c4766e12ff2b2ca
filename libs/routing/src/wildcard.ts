/** A pattern over names: `*` stands for any run of characters, slashes included; the rest is literal. */
export function compileGlob(pattern: string): (name: string) => boolean {
  if (!pattern.includes('*')) return (name) => name === pattern;
  const literals = pattern.split(/\*+/);
  const first = literals[0] ?? '';
  const last = literals.at(-1) ?? '';
  const between = literals.slice(1, -1);
  // Not a regular expression: on names that clients make up, several `*` would backtrack without end.
  return (name) => {
    const end = name.length - last.length;
    if (end < first.length || !name.startsWith(first) || !name.endsWith(last)) return false;
    let at = first.length;
    for (const literal of between) {
      const found = name.indexOf(literal, at);
      if (found < 0) return false;
      at = found + literal.length;
    }
    return at <= end;
  };
}

/**
 * Does `pattern` match every name that `other` matches? Exactly so: no literal of a pattern holds a `*`, so one of
 * `other` is taken by a `*` of `pattern` or by nothing, as any run of characters in its place would be.
 */
export function coversGlob(pattern: string, other: string): boolean {
  return compileGlob(pattern)(other);
}

/** What `*` stands for in `name` under a pattern with one `*` at its end; undefined when it does not match. */
export function restOf(pattern: string, name: string): string | undefined {
  const prefix = pattern.slice(0, -1);
  return name.length > prefix.length && name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}
