/** Bytes in base64, and what they are. */
export interface InlineData {
  /** In lower case. */
  readonly mediaType: string;
  readonly data: string;
}

const DATA_URL = /^data:([\w.+-]+\/[\w.+-]+)(?:;[\w-]+=[^;,]*)*;base64,/i;

/** Undefined: it is no data URL in base64. */
export function readDataUrl(url: string): InlineData | undefined {
  const found = DATA_URL.exec(url);
  if (!found) return undefined;
  const [head, type = ''] = found;
  return { mediaType: type.toLowerCase(), data: url.slice(head.length) };
}
