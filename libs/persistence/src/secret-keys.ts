import { randomBytes } from 'node:crypto';
import type { Queries } from './database.js';
import { KeyHasher, SecretBox } from './secret-box.js';

/** The two keys that the database keeps, wrapped under the operator's. */
export interface SecretKeys {
  /** Encrypts provider secrets. */
  readonly box: SecretBox;
  readonly hasher: KeyHasher;
}

/**
 * Unwraps the database's keys, and makes them at first boot. Of two processes that make them at once, both end
 * up with the same: the row that came first stays.
 *
 * @throws WrongSecretKey when `secretKey` is not the one they were wrapped under
 */
export async function openSecretKeys(queries: Queries, secretKey: Uint8Array): Promise<SecretKeys> {
  const wrapper = new SecretBox(secretKey);
  const open = async (name: string): Promise<Buffer> => {
    const place = `wrapped_key:${name}`;
    const wrapped = wrapper.seal(randomBytes(32), place);
    await queries.wrappedKey.createMany({ data: [{ name, wrapped }], skipDuplicates: true });
    const row = await queries.wrappedKey.findUniqueOrThrow({ where: { name } });
    return wrapper.open(row.wrapped, place);
  };
  return { box: new SecretBox(await open('secrets')), hasher: new KeyHasher(await open('pepper')) };
}
