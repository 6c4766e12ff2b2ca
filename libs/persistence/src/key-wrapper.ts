import { SecretBox, WrongSecretKey } from './secret-box.js';

/** What the database's keys are wrapped under: the operator's. 32 bytes each. */
export interface WrappingKeys {
  readonly secretKey: Uint8Array;
  /** The one before, while it is changed. */
  readonly previousSecretKey?: Uint8Array | undefined;
}

/** The row of a key. */
export interface KeyPlace {
  readonly name: string;
  readonly version: number;
}

export interface Unwrapped {
  readonly key: Buffer;
  /** Is it wrapped under the key before? */
  readonly isStale: boolean;
}

/** Wraps keys, each bound to the row that it is kept in. */
export class KeyWrapper {
  private readonly current: SecretBox;
  private readonly previous: SecretBox | undefined;

  constructor({ secretKey, previousSecretKey }: WrappingKeys) {
    this.current = new SecretBox(secretKey);
    this.previous = previousSecretKey && new SecretBox(previousSecretKey);
  }

  wrap(place: KeyPlace, key: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.current.seal(key, placeOf(place));
  }

  /** Is it wrapped under the operator's key of now? */
  isCurrent(row: KeyPlace & { readonly wrapped: Uint8Array }): boolean {
    try {
      return !this.unwrap(row).isStale;
    } catch {
      return false;
    }
  }

  /** @throws WrongSecretKey when it is wrapped under neither, or in another row */
  unwrap({ wrapped, ...place }: KeyPlace & { readonly wrapped: Uint8Array }): Unwrapped {
    try {
      return { key: this.current.open(wrapped, placeOf(place)), isStale: false };
    } catch (error) {
      if (!this.previous || !(error instanceof WrongSecretKey)) throw error;
      return { key: this.previous.open(wrapped, placeOf(place)), isStale: true };
    }
  }
}

/** The first version's is that of before there were versions. */
function placeOf({ name, version }: KeyPlace): string {
  return version === 1 ? `wrapped_key:${name}` : `wrapped_key:${name}:${version}`;
}
