const FITTING = /^[a-zA-Z0-9]{9}$/;
const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LENGTH = 9;
const PRIME = 0x01000193;

/** Mistral wants ids of nine letters and digits. Of another's id they are a digest, the same in every call. */
export function shapeCallId(id: string): string {
  if (FITTING.test(id)) return id;
  // FNV-1a, twice from different beginnings: 64 bits, of which nine letters hold 53.
  let [high, low] = [0x811c9dc5, 0x9747b28c];
  for (let at = 0; at < id.length; at++) {
    const unit = id.charCodeAt(at);
    high = Math.imul(high ^ unit, PRIME);
    low = Math.imul(low ^ unit ^ (high >>> 15), PRIME);
  }
  let rest = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  let shaped = '';
  for (; shaped.length < LENGTH; rest /= 62n) shaped += LETTERS[Number(rest % 62n)];
  return shaped;
}
