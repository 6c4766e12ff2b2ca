import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { KeyHasher } from './key-hasher.js';
import { KeyRing } from './key-ring.js';
import { SecretBox, WrongSecretKey } from './secret-box.js';

const key = randomBytes(32);
const box = new SecretBox(key);
const text = Buffer.from('sk-upstream-secret');

describe('SecretBox', () => {
  it.each([text, Buffer.alloc(0), randomBytes(10_000)])('opens what it sealed', (secret) => {
    expect(box.open(box.seal(secret, 'provider:1'), 'provider:1').equals(secret)).toBe(true);
  });

  it('seals the same text differently each time, and shows nothing of it', () => {
    const [one, other] = [box.seal(text, 'p'), box.seal(text, 'p')];
    expect(Buffer.from(one).equals(other)).toBe(false);
    expect(Buffer.from(one).includes(text)).toBe(false);
  });

  it('does not open with another key', () => {
    expect(() => new SecretBox(randomBytes(32)).open(box.seal(text, 'p'), 'p')).toThrow(WrongSecretKey);
  });

  it('does not open at another place', () => {
    expect(() => box.open(box.seal(text, 'provider:1'), 'provider:2')).toThrow(WrongSecretKey);
  });

  it('does not open when a bit has changed, wherever', () => {
    const sealed = box.seal(text, 'p');
    for (let index = 0; index < sealed.length; index++) {
      const flipped = Uint8Array.from(sealed);
      flipped[index] = (flipped[index] ?? 0) ^ 1;
      expect(() => box.open(flipped, 'p')).toThrow(WrongSecretKey);
    }
  });

  it('does not open what was cut', () => {
    const sealed = box.seal(text, 'p');
    for (let length = 0; length < sealed.length; length++) {
      expect(() => box.open(sealed.slice(0, length), 'p')).toThrow(WrongSecretKey);
    }
  });

  it('takes no key but of 32 bytes', () => {
    expect(() => new SecretBox(randomBytes(16))).toThrow(RangeError);
  });
});

describe('KeyHasher', () => {
  it('hashes a secret the same way under one pepper, and otherwise under another', () => {
    const hash = new KeyHasher(key).hash('secret');
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(new KeyHasher(key).hash('secret')).toBe(hash);
    expect(new KeyHasher(randomBytes(32)).hash('secret')).not.toBe(hash);
  });
});

describe('versions of a key', () => {
  const ring = new KeyRing(key);
  const old = new SecretBox(ring).seal(text, 'p');
  const oldHash = new KeyHasher(ring).hash('secret');
  ring.add(300, randomBytes(32));

  it('seal under the newest, and open under each', () => {
    const versions = new SecretBox(ring);
    const sealed = versions.seal(text, 'p');
    expect(Buffer.from(sealed.subarray(0, 5))).toEqual(Buffer.from([2, 0, 0, 1, 44]));
    for (const each of [old, sealed]) expect(versions.open(each, 'p')).toEqual(Buffer.from(text));
    expect(box.knows(sealed)).toBe(false);
    expect(() => box.open(sealed, 'p')).toThrow(WrongSecretKey);
    expect(() => versions.open(sealed, 'q')).toThrow(WrongSecretKey);
  });

  it('hash under the newest, and find under each', () => {
    const hasher = new KeyHasher(ring);
    expect(hasher.hash('secret')).toMatch(/^300\.[0-9a-f]{64}$/);
    expect(hasher.hashes('secret')).toEqual([hasher.hash('secret'), oldHash]);
  });
});
