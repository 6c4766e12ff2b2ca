import { Bag } from '#contract';
import type { Bagged, GatewayError } from '#contract';

/** A call whose answer is not complete yet. */
export interface OpenCall extends Bagged {
  /** Ends it now, telling the client why. */
  end(error: GatewayError): void;
}

/** The calls that are being answered: what a stopping process waits for. */
export class InFlight {
  private readonly calls = new Bag<OpenCall>();
  private waiting: (() => void)[] = [];

  get size(): number {
    return this.calls.size;
  }

  add(call: OpenCall): void {
    this.calls.add(call);
  }

  delete(call: OpenCall): void {
    this.calls.delete(call);
    if (this.calls.size > 0) return;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Settles when there is none, or after `ms`. */
  async settled(ms: number): Promise<void> {
    if (this.calls.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.waiting.push(resolve);
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }

  endAll(error: GatewayError): void {
    this.calls.forEach((call) => call.end(error));
  }
}
