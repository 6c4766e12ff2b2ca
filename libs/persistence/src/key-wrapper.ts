import { SecretBox, WrongSecretKey } from './secret-box.js';

/** What the database's keys are wrapped under: the operator's. 32 bytes each. */
export interface WrappingKeys {
  readonly secretKey: Uint8Array;
  /** The one before, while it is changed. */
  readonly previousSecretKey?: Uint8Array | undefined;
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

  wrap(name: string, key: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.current.seal(key, placeOf(name));
  }

  /** @throws WrongSecretKey when it is wrapped under neither, or in another row */
  unwrap({ name, wrapped }: { readonly name: string; readonly wrapped: Uint8Array }): Unwrapped {
    try {
      return { key: this.current.open(wrapped, placeOf(name)), isStale: false };
    } catch (error) {
      if (!this.previous || !(error instanceof WrongSecretKey)) throw error;
      return { key: this.previous.open(wrapped, placeOf(name)), isStale: true };
    }
  }
}

function placeOf(name: string): string {
  return `wrapped_key:${name}`;
}
