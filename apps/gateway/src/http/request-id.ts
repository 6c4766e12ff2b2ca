import { randomFillSync } from 'node:crypto';

/** Random bytes are drawn for many ids at once. */
const pool = Buffer.alloc(16 * 256);
let drawn = pool.length;

/** `req_` and 32 hexadecimal digits. */
export function newRequestId(): string {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += 16;
  return `req_${pool.toString('hex', drawn - 16, drawn)}`;
}
