/** Where something stands in a file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Something that is wrong in a file, and where. */
export interface Fault extends Place {
  /** `models[0].targets[0].provider`; empty: the file itself. */
  readonly path: string;
  readonly message: string;
}

/** `pllm.yaml:12:7: models[0].id: is missing`, one line a fault, from the top. */
export function printFaults(file: string, faults: readonly Fault[]): string[] {
  return [...faults]
    .sort((one, other) => one.line - other.line || one.column - other.column)
    .map(({ line, column, path, message }) =>
      `${file}:${line}:${column}: ${path ? `${path}: ` : ''}${message}`.replaceAll(/\s*\n\s*/g, ' '),
    );
}

/** A file that cannot be used, with everything that is wrong in it. */
export class InvalidDeclaration extends Error {
  constructor(readonly lines: readonly string[]) {
    super(`the configuration file is not valid\n${lines.join('\n')}`);
  }
}
