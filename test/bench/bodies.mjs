const FILLER = 'The quick brown fox jumps over the lazy dog. ';
const SYSTEM = 'You are a helpful assistant.';
const INPUTS = 100;
const IMAGES = 4;
/** What OpenAI's SDKs ask for, unless they are told otherwise. */
const EMBEDDING = { encoding_format: 'base64', dimensions: 1536 };

/** A chat of exactly `bytes` bytes. */
export function chatBody(model, { bytes, stream }) {
  return filledTo(bytes, (text) => JSON.stringify({ model, ...chatOf(text), ...(stream && { stream }) }));
}

/** The same in Anthropic's words, for an upstream that is asked directly. */
export function messagesBody(model, { bytes, stream }) {
  const messages = (content) => [{ role: 'user', content }];
  const rest = { max_tokens: 256, temperature: 0.7, system: SYSTEM };
  return filledTo(bytes, (text) => JSON.stringify({ model, messages: messages(text), ...rest, stream }));
}

/** A chat about images, which are in it as data URLs. */
export function imagesBody(model, { bytes }) {
  const url = (text) => ({ type: 'image_url', image_url: { url: `data:image/png;base64,${text}` } });
  const body = (pictures) => {
    const content = [{ type: 'text', text: 'What do these images have in common?' }, ...pictures.map(url)];
    return JSON.stringify({ model, ...chatOf(content) });
  };
  const each = Math.floor((bytes - body(Array(IMAGES).fill('')).length) / IMAGES / 4) * 4;
  return body(Array(IMAGES).fill(base64Of(each)));
}

export function embeddingsBody(model) {
  const input = Array.from({ length: INPUTS }, (_, index) => `${index}: ${FILLER.repeat(2)}`);
  return JSON.stringify({ model, input, ...EMBEDDING });
}

function chatOf(content) {
  const messages = [
    { role: 'system', content: SYSTEM },
    { role: 'user', content },
  ];
  return { messages, temperature: 0.7, max_tokens: 256 };
}

function filledTo(bytes, body) {
  const left = bytes - body('').length;
  return body(FILLER.repeat(Math.ceil(left / FILLER.length)).slice(0, left));
}

/** Every letter of base64, in an order that repeats itself seldom. */
function base64Of(length) {
  const bytes = Buffer.alloc((length / 4) * 3);
  let state = 1;
  for (let at = 0; at < bytes.length; at++) bytes[at] = state = (state * 48_271) % 2_147_483_647;
  return bytes.toString('base64');
}
