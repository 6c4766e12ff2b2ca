/** A text with its variables filled in, or what is wrong with it. */
export type Interpolated = { readonly text: string } | { readonly fault: string };

const REFERENCE = /\$\$|\$\{([^}]*)(\}?)/g;
const INSIDE = /^([A-Za-z_]\w*)(?::-(.*))?$/s;

/** `${NAME}` and `${NAME:-default}`; `$$` is a dollar, and any other dollar is itself. What is filled in is not read again. */
export function interpolate(text: string, variables: Readonly<Record<string, string>>): Interpolated {
  let fault: string | undefined;
  const filled = text.replace(REFERENCE, (all, inside: string | undefined, end: string) => {
    if (inside === undefined) return '$';
    const [, name, fallback] = (end === '}' && INSIDE.exec(inside)) || [];
    if (name === undefined) {
      // Not the text itself: there may be a secret behind a brace that was forgotten.
      fault ??= 'is no variable: write ${NAME} or ${NAME:-default}, and $$ for a dollar';
      return all;
    }
    const value = Object.hasOwn(variables, name) ? variables[name] : fallback;
    if (value === undefined) fault ??= `the variable ${name} is not set`;
    return value ?? '';
  });
  return fault === undefined ? { text: filled } : { fault };
}
