import { createHmac } from 'node:crypto';
import { KeyRing } from './key-ring.js';

/**
 * Hashes client keys: HMAC-SHA256 under a pepper, so that a dump of the table cannot be searched offline. A hash says
 * which version of the pepper it is under (`2.…`), but for those under the first.
 */
export class KeyHasher {
  private readonly ring: KeyRing;

  constructor(peppers: Uint8Array | KeyRing) {
    this.ring = peppers instanceof KeyRing ? peppers : new KeyRing(peppers);
  }

  get currentVersion(): number {
    return this.ring.current.version;
  }

  hash(secret: string): string {
    const { version, key } = this.ring.current;
    return hashUnder(version, key, secret);
  }

  /** Under each version: newest first. */
  hashes(secret: string): string[] {
    return this.ring.versions.map((version) => hashUnder(version, this.ring.get(version) ?? '', secret));
  }

  /** Is the pepper here that it is under? */
  knows(hash: string): boolean {
    return this.ring.has(pepperOf(hash));
  }
}

function hashUnder(version: number, pepper: Uint8Array | '', secret: string): string {
  const digest = createHmac('sha256', pepper).update(secret).digest('hex');
  return version === 1 ? digest : `${version}.${digest}`;
}

/** The version of the pepper that a hash is under. */
export function pepperOf(hash: string): number {
  const dot = hash.indexOf('.');
  return dot < 0 ? 1 : Number(hash.slice(0, dot));
}
