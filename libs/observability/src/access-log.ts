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

/**
 * One JSON line a request. Printed by hand: every member is the gateway's own text and needs no escaping, and a line
 * is on the path of every call.
 */
export class AccessLog {
  private second = 0;
  private prefix = '';

  /** @param write undefined: nothing is logged */
  constructor(private readonly print: ((line: string) => void) | undefined) {}

  write({ requestId, method, route, status, isWhole, keyId, ms }: Access): void {
    if (!this.print) return;
    const key = keyId === null ? 'null' : `"${keyId}"`;
    this.print(
      `{"level":"info","time":"${this.time(Date.now())}","event":"request","request_id":"${requestId}",` +
        `"method":"${method}","route":"${route}","status":${status},"whole":${isWhole},"key_id":${key},` +
        `"ms":${ms.toFixed(3)}}\n`,
    );
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
