/** Members that a model did not write, or does not read as text. */
const NOT_TEXT = new Set([
  'role',
  'id',
  'type',
  'object',
  'index',
  'url',
  'image_url',
  'data',
  'file_data',
  // The same thoughts again, whole and signed.
  'thinking_blocks',
  // Signatures, and what is sealed, which only their provider reads.
  'extra_content',
  'signature',
  'encrypted_content',
  'call_id',
]);

/** Deeper there is no text that anybody pays for. */
const DEEPEST = 32;

/**
 * What a model wrote: the texts of an answer's choices, or of one chunk; of a transcript, or a piece of one. Whatever
 * is no answer has none.
 */
export function textsOfAnswer(json: string): string[] {
  const texts: string[] = [];
  const { choices, type, delta, text, content, output } = parse(json);
  if (!Array.isArray(choices)) {
    // A message, a response, or a piece of one. The last event of others has all of the text once more.
    collect(content ?? output ?? (type === undefined ? text : delta), texts);
    return texts;
  }
  for (const choice of choices) {
    if (!isObject(choice)) continue;
    collect(choice.delta ?? choice.message ?? choice.text, texts);
  }
  return texts;
}

/** Every text inside of a value, whatever its shape. */
export function collect(value: unknown, texts: string[], depth = 0): void {
  if (typeof value === 'string') texts.push(value);
  else if (depth < DEEPEST && Array.isArray(value)) for (const item of value) collect(item, texts, depth + 1);
  else if (depth < DEEPEST && isObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      if (!NOT_TEXT.has(name)) collect(member, texts, depth + 1);
    }
  }
}

function parse(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
