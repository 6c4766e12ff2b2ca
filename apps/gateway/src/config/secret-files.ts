import { readFileSync } from 'node:fs';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The values of those `names` whose `NAME_FILE` says in which file they stand, as a container's secrets do. A variable
 * that is set itself stands before its file, which is then not opened.
 *
 * @param refuse is told of a file that cannot be read or is empty, and does not return
 */
export function readSecretFiles(
  env: Variables,
  names: readonly string[],
  refuse: (variable: string, reason: string) => never,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const variable = `${name}_FILE`;
    const path = env[variable];
    if (!path || env[name]) continue;
    const text = read(path, (code) => refuse(variable, `cannot be read (${code})`));
    // What was emptied is not what nobody gave: a generated secret in its place would open nothing.
    found[name] = text === '' ? refuse(variable, 'is a file without a secret in it') : text;
  }
  return found;
}

/** Editors and `echo` end a file with a line break, which no secret has. */
function read(path: string, fail: (code: string) => never): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    return fail((error as NodeJS.ErrnoException).code ?? 'no reason given');
  }
}
