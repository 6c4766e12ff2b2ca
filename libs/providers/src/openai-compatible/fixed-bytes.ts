const WORD = 8;

/**
 * Bytes that are looked for in one place of many packets. They are compared as numbers, eight bytes at a time: a call
 * into the engine takes ten times as long. Two numbers are the same where their bytes are, but for zeros, which no
 * JSON has; and bytes that are no number are like none, not even themselves.
 */
export class FixedBytes {
  private readonly words: number[] = [];

  constructor(readonly bytes: Buffer) {
    const view = viewOf(bytes);
    for (let at = 0; at + WORD <= bytes.length; at += WORD) this.words.push(view.getFloat64(at, true));
  }

  /** Do they stand there, at `at`? */
  standIn(view: DataView, at: number): boolean {
    const { bytes, words } = this;
    if (at + bytes.length > view.byteLength) return false;
    let index = 0;
    // Four at a time: the loop would cost as much as what it does.
    for (; index + 3 < words.length; index += 4) {
      const from = at + index * WORD;
      if (view.getFloat64(from, true) !== words[index]) return false;
      if (view.getFloat64(from + 8, true) !== words[index + 1]) return false;
      if (view.getFloat64(from + 16, true) !== words[index + 2]) return false;
      if (view.getFloat64(from + 24, true) !== words[index + 3]) return false;
    }
    for (; index < words.length; index++)
      if (view.getFloat64(at + index * WORD, true) !== words[index]) return false;
    for (let rest = index * WORD; rest < bytes.length; rest++)
      if (view.getUint8(at + rest) !== bytes[rest]) return false;
    return true;
  }
}

export function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
