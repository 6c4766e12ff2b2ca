// AssemblyScript: which bytes are what in JSON (RFC 8259).

export function isSpace(byte: i32): bool {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

export function isDigit(byte: i32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

export function isEscape(byte: i32): bool {
  if (byte === 0x22 || byte === 0x5c || byte === 0x2f) return true;
  return byte === 0x62 || byte === 0x66 || byte === 0x6e || byte === 0x72 || byte === 0x74;
}

export function isHex(byte: i32): bool {
  const small = byte | 0x20;
  return isDigit(byte) || (small >= 0x61 && small <= 0x66);
}

/** Where the text of a string is interrupted: by a quote, a backslash, or what may not be in it. */
export function skipText(from: i32, length: i32): i32 {
  const quote = i8x16.splat(0x22);
  const backslash = i8x16.splat(0x5c);
  const space = i8x16.splat(0x20);
  let at = from;
  for (; at + 16 <= length; at += 16) {
    const bytes = v128.load(at);
    const ends = v128.or(i8x16.eq(bytes, quote), i8x16.eq(bytes, backslash));
    const found = i8x16.bitmask(v128.or(ends, i8x16.lt_u(bytes, space)));
    if (found) return at + ctz(found);
  }
  for (; at < length; at++) {
    const byte = <i32>load<u8>(at);
    if (byte === 0x22 || byte === 0x5c || byte < 0x20) break;
  }
  return at;
}
