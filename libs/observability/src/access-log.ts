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
}

/** Lines go out when so much has gathered, in bytes, or after so long, in milliseconds. */
const FULL_BYTES = 16 * 1024;
const EVERY_MS = 200;

/** Where lines gather, outside the heap: a line costs no system call, and no string that lives on. */
const ROOM_BYTES = 2 * FULL_BYTES;

/**
 * One JSON line a request. Printed by hand: every member is the gateway's own ASCII text and needs no escaping, and a
 * line is on the path of every call.
 */
export class AccessLog {
  private readonly gathered = Buffer.allocUnsafeSlow(ROOM_BYTES);
  private length = 0;
  private timer: NodeJS.Timeout | undefined = undefined;
  private second = 0;
  private prefix = '';

  /** @param print takes whole lines; undefined: nothing is logged */
  constructor(private readonly print: ((lines: string) => void) | undefined) {}

  write({ requestId, method, route, status, isWhole, keyId, ms }: Access): void {
    if (!this.print) return;
    const key = keyId === null ? 'null' : `"${keyId}"`;
    const line =
      `{"level":"info","time":"${this.time(Date.now())}","event":"request","request_id":"${requestId}",` +
      `"method":"${method}","route":"${route}","status":${status},"whole":${isWhole},"key_id":${key},` +
      `"ms":${Math.round(ms * 1000) / 1000}}\n`;
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
