import { GatewayError } from '#contract';
import type { FormPart } from './multipart-scanner.js';

/** A file in the place of a value. */
export interface FormFile {
  readonly filename: string;
}

type FieldValue = string | boolean | number | FormFile;

const BOOLEANS = new Set(['stream']);
const NUMBERS = new Set(['n', 'partial_images']);

/** The fields of a form that the gateway looks at, as a JSON body would say them. */
export class FormFields {
  readonly value: Record<string, FieldValue> = {};

  constructor(private readonly names: readonly string[]) {}

  /** `image[]` is one of several `image`. */
  knows(name: string): boolean {
    return this.names.includes(plain(name));
  }

  /** @throws GatewayError for a second one of what there can only be one of */
  add({ name, filename, text }: FormPart): void {
    if (!this.knows(name)) return;
    const key = plain(name);
    if (filename !== undefined) return void (this.value[key] ??= { filename });
    if (Object.hasOwn(this.value, key)) {
      const message = `The parameter '${key}' is given twice.`;
      throw new GatewayError('duplicate_parameter', { param: key, message });
    }
    this.value[key] = read(key, text ?? '');
  }
}

function plain(name: string): string {
  return name.endsWith('[]') ? name.slice(0, -2) : name;
}

/** A text that does not say what it should stays a text: the rules refuse it. */
function read(name: string, text: string): FieldValue {
  if (BOOLEANS.has(name) && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (NUMBERS.has(name) && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  return text;
}
