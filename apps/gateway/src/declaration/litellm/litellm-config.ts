import { LineCounter, parseDocument } from 'yaml';
import { InvalidDeclaration } from '../fault.js';

export type Members = Readonly<Record<string, unknown>>;

/** One entry of `model_list`. */
export interface Entry {
  /** `model_list[2] (gpt-4o)`: for notes. */
  readonly label: string;
  readonly name: string | undefined;
  readonly params: Members;
  /** The members beside `model_name` and `litellm_params`. */
  readonly rest: Members;
}

/** A configuration of LiteLLM, as it is written. @throws InvalidDeclaration */
export function readLitellm(text: string): { entries: Entry[]; sections: Members } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new InvalidDeclaration([`${line}:${col}: ${error.message.replace(/:? ".*$/s, '')}`]);
  }
  const { model_list: list, ...sections } = membersOf(readValue(() => document.toJS({ maxAliasCount: 100 })));
  const entries = (Array.isArray(list) ? list : []).map((item: unknown, index) => {
    const { model_name: name, litellm_params: params, ...rest } = membersOf(item);
    const label = `model_list[${index}]${typeof name === 'string' ? ` (${oneLine(name)})` : ''}`;
    return { label, name: typeof name === 'string' ? name : undefined, params: membersOf(params), rest };
  });
  return { entries, sections };
}

export function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

/** What stands in a comment may not end it. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function readValue(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    throw new InvalidDeclaration(['1:1: its aliases unfold to too much']);
  }
}
