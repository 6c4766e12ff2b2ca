/** A pattern over names: `*` stands for any run of characters, slashes included; the rest is literal. */
export function compileGlob(pattern: string): (name: string) => boolean {
  if (!pattern.includes('*')) return (name) => name === pattern;
  const source = pattern
    .split(/\*+/)
    .map((literal) => literal.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^]*');
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name);
}

/** What `*` stands for in `name` under a pattern with one `*` at its end; undefined when it does not match. */
export function restOf(pattern: string, name: string): string | undefined {
  const prefix = pattern.slice(0, -1);
  return name.length > prefix.length && name.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}
