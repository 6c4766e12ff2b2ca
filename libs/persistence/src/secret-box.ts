import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

const VERSION = 1;
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
 * AES-256-GCM (NIST SP 800-38D) under one key. A sealed text is bound to the `place` it is kept at, so that a
 * ciphertext copied to another row does not open there. Layout: version, nonce, tag, ciphertext.
 */
export class SecretBox {
  /** @param key 32 bytes */
  constructor(private readonly key: Uint8Array) {
    if (key.length !== 32) throw new RangeError('A secret key has 32 bytes.');
  }

  seal(text: Uint8Array, place: string): Uint8Array<ArrayBuffer> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
    return Uint8Array.from(Buffer.concat([Buffer.from([VERSION]), nonce, cipher.getAuthTag(), sealed]));
  }

  /** @throws WrongSecretKey when the key is another, the place is another, or a bit has changed */
  open(sealed: Uint8Array, place: string): Buffer {
    const bytes = Buffer.from(sealed);
    const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
    const tag = bytes.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
    try {
      if (bytes[0] !== VERSION) throw new RangeError('unknown version');
      const cipher = createDecipheriv('aes-256-gcm', this.key, nonce)
        .setAAD(Buffer.from(place))
        .setAuthTag(tag);
      return Buffer.concat([cipher.update(bytes.subarray(1 + NONCE_BYTES + TAG_BYTES)), cipher.final()]);
    } catch (cause) {
      throw new WrongSecretKey(place, { cause });
    }
  }
}

/** Hashes client keys: HMAC-SHA256 under a pepper, so that a dump of the table cannot be searched offline. */
export class KeyHasher {
  constructor(private readonly pepper: Uint8Array) {}

  hash(secret: string): string {
    return createHmac('sha256', this.pepper).update(secret).digest('hex');
  }
}
