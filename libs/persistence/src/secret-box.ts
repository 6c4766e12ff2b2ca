import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { KeyRing } from './key-ring.js';

/** Under the first version of the key, of before there were others. */
const FIRST = 1;
/** With the key's version behind it, in four bytes. */
const VERSIONED = 2;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Another key, another place, or a bit that has changed. */
export class WrongSecretKey extends Error {
  constructor(
    /** Whose: `wrapped_key:secrets`, `provider:prov_…` */
    readonly place: string,
    options?: ErrorOptions,
  ) {
    super(`${place} cannot be opened with this key.`, options);
  }
}

/**
 * AES-256-GCM (NIST SP 800-38D) under the newest version of a key. A sealed text is bound to the `place` it is kept at,
 * so that a ciphertext copied to another row does not open there. Layout: head (which version), nonce, tag, ciphertext.
 */
export class SecretBox {
  private readonly ring: KeyRing;

  /** @param keys 32 bytes, or versions of 32 bytes each */
  constructor(keys: Uint8Array | KeyRing) {
    this.ring = keys instanceof KeyRing ? keys : new KeyRing(keys);
    for (const version of this.ring.versions) {
      if (this.ring.get(version)?.length !== 32) throw new RangeError('A secret key has 32 bytes.');
    }
  }

  /** What everything begins with that is sealed under the newest version. */
  get currentHead(): Uint8Array<ArrayBuffer> {
    return headOf(this.ring.current.version);
  }

  get currentVersion(): number {
    return this.ring.current.version;
  }

  /** Is the key here that it is sealed under? */
  knows(sealed: Uint8Array): boolean {
    const version = versionOf(sealed);
    return version === undefined || this.ring.has(version);
  }

  seal(text: Uint8Array, place: string): Uint8Array<ArrayBuffer> {
    const { version, key } = this.ring.current;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
    return Uint8Array.from(Buffer.concat([headOf(version), nonce, cipher.getAuthTag(), sealed]));
  }

  /** @throws WrongSecretKey when the key is another, the place is another, or a bit has changed */
  open(sealed: Uint8Array, place: string): Buffer {
    try {
      const version = versionOf(sealed);
      const key = version === undefined ? undefined : this.ring.get(version);
      if (version === undefined || !key) throw new RangeError('unknown version');
      const bytes = Buffer.from(sealed).subarray(headOf(version).length);
      const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(place))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), cipher.final()]);
    } catch (cause) {
      throw new WrongSecretKey(place, { cause });
    }
  }
}

function headOf(version: number): Uint8Array<ArrayBuffer> {
  if (version === 1) return Uint8Array.of(FIRST);
  const head = new Uint8Array(5);
  head[0] = VERSIONED;
  new DataView(head.buffer).setUint32(1, version);
  return head;
}

/** Undefined: nothing was sealed so. */
export function versionOf(sealed: Uint8Array): number | undefined {
  if (sealed[0] === FIRST) return 1;
  if (sealed[0] !== VERSIONED || sealed.length < 5) return undefined;
  return new DataView(sealed.buffer, sealed.byteOffset).getUint32(1);
}
