import { parseBody } from './chat-request.js';
import { Fault } from './fault.js';
import { isRecord } from './json.js';
import type { Part } from './multipart.js';
import { parseScript, type Script } from './script.js';

/** A request to any operation but chat. */
export interface Request {
  readonly model: string;
  /** The part before the script. */
  readonly name: string;
  readonly script: Readonly<Script>;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Members of a JSON body, or the texts of a form's fields. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The files of a form. */
  readonly files: readonly Part[];
}

/** Reads a body; `fallback` is the model where the body has none. */
export function readRequest(text: string, parts: readonly Part[] | undefined, fallback?: string): Request {
  const fields = parts === undefined ? parseBody(text) : textFields(parts);
  const { model = fallback, stream, stream_options: options } = fields;
  if (typeof model !== 'string') throw new Fault('You must provide a model parameter.', 'model');
  return {
    model,
    ...parseScript(model),
    stream: stream === true || stream === 'true',
    includeUsage: isRecord(options) && options['include_usage'] === true,
    fields,
    files: parts?.filter(({ filename }) => filename !== undefined) ?? [],
  };
}

/** The file of a field, which must be there. */
export function fileOf(request: Request, ...names: string[]): Part {
  const file = request.files.find(({ name }) => names.includes(name));
  if (file === undefined) throw missing(names[0] ?? '');
  return file;
}

export function missing(param: string): Fault {
  return new Fault(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter');
}

function textFields(parts: readonly Part[]): Record<string, unknown> {
  return Object.fromEntries(parts.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}
