import { Fault } from './fault.js';

/** What a model name asks the sandbox to do; see the table in the README. */
export interface Script {
  delay: number;
  first: number;
  chunks?: number;
  gap: number;
  size?: number;
  cut?: number;
  stall?: number;
  status?: number;
  retryAfter?: number;
  /** `false`: none anywhere; `tokens`: tokens where seconds are the default. */
  usage: boolean | 'tokens';
  errorFirst: boolean;
  errorAfter?: number;
  done: boolean;
  finish?: string;
  html: boolean;
  okError: boolean;
  badJson: boolean;
  tools?: number;
  crlf: boolean;
  split?: number;
  comments: boolean;
  reasoning: number;
  echo: boolean;
  /** Bytes of an image's base64, or of speech. */
  bytes?: number;
  /** Whole answers without a content-length. */
  chunked: boolean;
  /** Embeddings come as floats, whatever was asked for. */
  ignoresBase64: boolean;
  encoding?: Encoding;
}

/** How the body of an answer is compressed, whatever the request accepts. */
export type Encoding = 'gzip' | 'deflate' | 'br' | 'zstd';

const ENCODINGS: readonly string[] = ['gzip', 'deflate', 'br', 'zstd'] satisfies Encoding[];

type Setter = (script: Script, value: string) => boolean;

/** The longest that setTimeout can wait; a larger number would fire at once. */
const LARGEST = 2 ** 31 - 1;

function integer(set: (script: Script, value: number) => void, least = 0, most = LARGEST): Setter {
  return (script, text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : -1;
    if (value < least || value > most) return false;
    set(script, value);
    return true;
  };
}

function flag(set: (script: Script, value: boolean) => void): Setter {
  return (script, text) => {
    set(script, text === '1');
    return text === '1' || text === '0';
  };
}

function word(expected: string, set: (script: Script) => void): Setter {
  return (script, text) => {
    set(script);
    return text === expected;
  };
}

function choice(words: readonly string[], set: (script: Script, value: string) => void): Setter {
  return (script, text) => {
    set(script, text);
    return words.includes(text);
  };
}

function anyWord(set: (script: Script, value: string) => void): Setter {
  return (script, text) => {
    set(script, text);
    return text !== '';
  };
}

const KEYS = new Map<string, Setter>([
  ['delay', integer((script, value) => (script.delay = value))],
  ['first', integer((script, value) => (script.first = value))],
  ['chunks', integer((script, value) => (script.chunks = value))],
  ['gap', integer((script, value) => (script.gap = value))],
  ['size', integer((script, value) => (script.size = value), 1)],
  ['cut', integer((script, value) => (script.cut = value))],
  ['stall', integer((script, value) => (script.stall = value))],
  ['status', integer((script, value) => (script.status = value), 200, 599)],
  ['retry_after', integer((script, value) => (script.retryAfter = value))],
  ['usage', choice(['none', 'tokens'], (script, value) => (script.usage = value === 'tokens' && value))],
  ['error_first', flag((script, value) => (script.errorFirst = value))],
  ['error_after', integer((script, value) => (script.errorAfter = value))],
  ['done', word('none', (script) => (script.done = false))],
  ['finish', anyWord((script, value) => (script.finish = value))],
  ['html', flag((script, value) => (script.html = value))],
  ['ok_error', flag((script, value) => (script.okError = value))],
  ['json', word('bad', (script) => (script.badJson = true))],
  ['tools', integer((script, value) => (script.tools = value), 1, 128)],
  ['crlf', flag((script, value) => (script.crlf = value))],
  ['split', integer((script, value) => (script.split = value), 1)],
  ['comments', flag((script, value) => (script.comments = value))],
  ['reasoning', integer((script, value) => (script.reasoning = value))],
  ['echo', flag((script, value) => (script.echo = value))],
  ['bytes', integer((script, value) => (script.bytes = value))],
  ['chunked', flag((script, value) => (script.chunked = value))],
  ['base64', word('ignore', (script) => (script.ignoresBase64 = true))],
  ['encoding', choice(ENCODINGS, (script, value) => (script.encoding = value as Encoding))],
]);

const QUIET: Readonly<Script> = {
  delay: 0,
  first: 0,
  gap: 0,
  usage: true,
  errorFirst: false,
  done: true,
  html: false,
  okError: false,
  badJson: false,
  crlf: false,
  comments: false,
  reasoning: 0,
  echo: false,
  chunked: false,
  ignoresBase64: false,
};

/** The script of a model name that carries none. One object, so a plain call is known by identity. */
export const PLAIN: Readonly<Script> = Object.freeze({ ...QUIET });

/** Reads `<name>[;key=value]*`. A key or value that is not understood is a Fault: a typo in a test is loud. */
export function parseScript(model: string): { name: string; script: Readonly<Script> } {
  const end = model.indexOf(';');
  if (end === -1) return { name: model, script: PLAIN };
  const script: Script = { ...QUIET };
  const seen = new Set<string>();
  for (const part of model.slice(end + 1).split(';')) {
    const equals = part.indexOf('=');
    const key = equals === -1 ? part : part.slice(0, equals);
    const value = equals === -1 ? '' : part.slice(equals + 1);
    const set = KEYS.get(key);
    if (set === undefined) throw fault(`Unknown sandbox script key '${key}' in model '${model}'.`);
    if (seen.has(key)) throw fault(`Sandbox script key '${key}' is given twice in model '${model}'.`);
    if (!set(script, value)) throw fault(`Bad value '${value}' for sandbox script key '${key}'.`);
    seen.add(key);
  }
  return { name: model.slice(0, end), script };
}

function fault(message: string): Fault {
  return new Fault(message, 'model', 'invalid_value');
}
