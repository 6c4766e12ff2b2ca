/** How often which error was told to a client, by its code: those of the gateway's own table, so that they are few. */
export class ErrorCounts {
  private readonly counts = new Map<string, number>();

  see(code: string): void {
    this.counts.set(code, (this.counts.get(code) ?? 0) + 1);
  }

  get entries(): [code: string, count: number][] {
    return [...this.counts];
  }
}
