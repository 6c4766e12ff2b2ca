/** The versions of a key that a process holds. What it once held it never forgets: something in memory may be under it. */
export class KeyRing {
  private readonly keys = new Map<number, Uint8Array>();
  private newest = 0;

  constructor(key?: Uint8Array) {
    if (key) this.add(1, key);
  }

  add(version: number, key: Uint8Array): void {
    this.keys.set(version, key);
    this.newest = Math.max(this.newest, version);
  }

  has(version: number): boolean {
    return this.keys.has(version);
  }

  get(version: number): Uint8Array | undefined {
    return this.keys.get(version);
  }

  /** The newest version and its key. @throws RangeError when there is none */
  get current(): { readonly version: number; readonly key: Uint8Array } {
    const key = this.keys.get(this.newest);
    if (!key) throw new RangeError('The ring holds no key.');
    return { version: this.newest, key };
  }

  /** Newest first. */
  get versions(): number[] {
    return [...this.keys.keys()].sort((one, other) => other - one);
  }
}
