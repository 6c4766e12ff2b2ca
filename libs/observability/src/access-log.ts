import { millisText } from './millis-text.js';

/** What is told of one request: its route, not its path, since a path may hold a client's words. */
export interface Access {
  readonly requestId: string;
  readonly method: string;
  /** The pattern that took it. */
  readonly route: string;
  readonly status: number;
  /** Did the client get all of the answer? */
  readonly isWhole: boolean;
  /** Null: the master key, or nobody. */
  readonly keyId: string | null;
  readonly ms: number;
  /** Undefined: it was none, or it is not over yet. */
  readonly call: AccessedCall | undefined;
}

/** What became of a model call. */
export interface AccessedCall {
  /** As the client wrote it, bounded. */
  readonly model: string;
  readonly provider: string | null;
  readonly attempts: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** Lines go out when so much has gathered, in bytes, or after so long, in milliseconds. */
const FULL_BYTES = 64 * 1024;
const EVERY_MS = 200;

/** Names of models come again and again, until clients make them up. A long one may be cut from a text that it would keep alive. */
const MOST_NAMES = 1_000;
const LONGEST_KEPT = 128;

/** Where lines gather, outside the heap: a line costs no system call, and no string that lives on. */
const ROOM_BYTES = 2 * FULL_BYTES;

/**
 * One JSON line a request. Printed by hand, since a line is on the path of every call: all but the names of model and
 * provider is the gateway's own ASCII text and needs no escaping.
 */
export class AccessLog {
  private readonly gathered = Buffer.allocUnsafeSlow(ROOM_BYTES);
  private length = 0;
  private timer: NodeJS.Timeout | undefined = undefined;
  private second = 0;
  private prefix = '';
  private readonly names = new Map<string, string>();

  /** @param print takes whole lines; undefined: nothing is logged */
  constructor(private readonly print: ((lines: string) => void) | undefined) {}

  write({ requestId, method, route, status, isWhole, keyId, ms, call }: Access): void {
    if (!this.print) return;
    const key = keyId === null ? 'null' : `"${keyId}"`;
    const line =
      `{"level":"info","time":"${this.time(Date.now())}","event":"request","request_id":"${requestId}",` +
      `"method":"${method}","route":"${route}","status":${status},"whole":${isWhole},"key_id":${key},` +
      `"ms":${millisText(ms)}${call ? this.describe(call) : ''}}\n`;
    this.length += this.gathered.write(line, this.length, 'latin1');
    if (this.length > FULL_BYTES) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), EVERY_MS).unref();
  }

  /** Prints what has gathered. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.length > 0) this.print?.(this.gathered.toString('latin1', 0, this.length));
    this.length = 0;
  }

  private describe({ model, provider, attempts, promptTokens, completionTokens }: AccessedCall): string {
    const by = provider === null ? 'null' : this.quote(provider);
    return (
      `,"model":${this.quote(model)},"provider":${by},"attempts":${attempts},` +
      `"prompt_tokens":${promptTokens},"completion_tokens":${completionTokens}`
    );
  }

  /** A name as JSON, in ASCII: a byte a character, whatever a client made up. */
  private quote(name: string): string {
    let quoted = this.names.get(name);
    if (quoted === undefined) {
      quoted = JSON.stringify(name).replace(/[\x7f-\uffff]/g, escape);
      if (this.names.size >= MOST_NAMES) this.names.clear();
      if (name.length <= LONGEST_KEPT) this.names.set(name, quoted);
    }
    return quoted;
  }

  /** ISO 8601; all but the milliseconds is made once a second. */
  private time(now: number): string {
    const milliseconds = now % 1000;
    if (now - milliseconds !== this.second) {
      this.second = now - milliseconds;
      this.prefix = new Date(now).toISOString().slice(0, 20);
    }
    return `${this.prefix}${String(milliseconds).padStart(3, '0')}Z`;
  }
}

function escape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
