import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Document, Node, Pair, YAMLError, YAMLMap, YAMLSeq } from 'yaml';
import { isStorable } from '../admin/storable.js';
import type { Fault, Place } from './fault.js';
import { interpolate } from './interpolate.js';

/** A file as a value, and where each part of it stands. */
export interface Read {
  readonly value: unknown;
  readonly faults: readonly Fault[];
  /** Of a value; of what it stands in, where there is no such value. */
  placeOf(path: string): Place;
  /** Of a member's name. */
  placeOfName(path: string): Place;
}

/** Aliases unfold: a few lines of them can stand for more than fits into memory. */
const MOST_VALUES = 20_000;
const DEEPEST = 24;

class TooMuch extends Error {}

/** Reads YAML 1.2 with variables in its texts. Never throws: what is wrong is in `faults`. */
export function readYaml(text: string, variables: Readonly<Record<string, string>>): Read {
  const lines = new LineCounter();
  const reader = new Reader(lines, variables);
  const value = reader.read(text);
  return {
    value,
    faults: reader.faults,
    placeOf: (path) => reader.values.get(path) ?? placeAbove(reader.values, path),
    placeOfName: (path) => reader.names.get(path) ?? placeAbove(reader.values, path),
  };
}

function placeAbove(places: ReadonlyMap<string, Place>, path: string): Place {
  const above = path.replace(/(?:\.|^)[^.[\]]*$|\[\d+\]$/, '');
  return places.get(above) ?? (above === path ? { line: 1, column: 1 } : placeAbove(places, above));
}

/** One slip upsets the parser many times over: of each kind the first is told, but every name that comes twice. */
function telling(errors: readonly YAMLError[]): YAMLError[] {
  const first = new Map(errors.toReversed().map((error) => [error.code, error]));
  return errors.filter((error) => error.code === 'DUPLICATE_KEY' || first.get(error.code) === error);
}

/** Without the piece of the file that the parser quotes: there may be a secret in it. */
function explain(message: string): string {
  const plain = message.replace(/:? ".*$/s, '');
  return plain.includes('flow-map-start')
    ? `${plain} (inside of braces a text with ${'${…}'} needs quotes)`
    : plain;
}

class Reader {
  readonly faults: Fault[] = [];
  readonly values = new Map<string, Place>();
  readonly names = new Map<string, Place>();
  private count = 0;
  private document: Document | undefined;

  constructor(
    private readonly lines: LineCounter,
    private readonly variables: Readonly<Record<string, string>>,
  ) {}

  read(text: string): unknown {
    try {
      const document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false });
      this.document = document;
      for (const { pos, message } of telling([...document.errors, ...document.warnings])) {
        this.faults.push({ ...this.place(pos[0]), path: '', message: explain(message) });
      }
      if (this.faults.length > 0) return undefined;
      return this.valueOf(document.contents, '', 0);
    } catch (error) {
      if (!(error instanceof TooMuch) && !(error instanceof RangeError)) throw error;
      const message = 'is nested too deeply, or unfolds to too much';
      this.faults.push({ line: 1, column: 1, path: '', message });
      return undefined;
    }
  }

  private valueOf(node: Node | null, path: string, depth: number): unknown {
    if (++this.count > MOST_VALUES || depth > DEEPEST) throw new TooMuch();
    if (node?.range && !this.values.has(path)) this.values.set(path, this.place(node.range[0]));
    if (isAlias(node)) return this.aliased(node.resolve(this.document as Document), path, depth);
    if (isMap(node)) return this.membersOf(node as YAMLMap<Node, Node | null>, path, depth);
    if (isSeq(node)) {
      const { items } = node as YAMLSeq<Node>;
      return items.map((item, index) => this.valueOf(item, `${path}[${index}]`, depth + 1));
    }
    return isScalar(node) ? this.scalar(node.value, path) : null;
  }

  private aliased(node: Node | undefined, path: string, depth: number): unknown {
    return node ? this.valueOf(node, path, depth + 1) : this.refuse(path, 'names nothing');
  }

  private membersOf(map: YAMLMap<Node, Node | null>, path: string, depth: number): unknown {
    const members: Record<string, unknown> = {};
    for (const { key, value } of map.items as Pair<Node, Node | null>[]) {
      const name = isScalar(key) ? key.value : undefined;
      const place = this.place(key.range?.[0] ?? 0);
      // A prototype may not come along, and what every object has would go without a word.
      if (typeof name !== 'string' || name in Object.prototype || !isStorable(name)) {
        this.faults.push({ ...place, path, message: 'a name must be a text' });
        continue;
      }
      const at = path ? `${path}.${name}` : name;
      this.names.set(at, place);
      if (value === null) this.values.set(at, place);
      members[name] = this.valueOf(value, at, depth + 1);
    }
    return members;
  }

  private scalar(value: unknown, path: string): unknown {
    if (typeof value !== 'string') {
      const isPlain = value === null || typeof value === 'boolean' || Number.isFinite(value);
      return isPlain ? value : this.refuse(path, 'must be a text, a number, true, false or null');
    }
    const filled = interpolate(value, this.variables);
    if ('fault' in filled) return this.refuse(path, filled.fault);
    return isStorable(filled.text) ? filled.text : this.refuse(path, 'holds a character that is not allowed');
  }

  private refuse(path: string, message: string): undefined {
    this.faults.push({ ...(this.values.get(path) ?? { line: 1, column: 1 }), path, message });
    return undefined;
  }

  private place(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}
