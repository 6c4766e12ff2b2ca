import { Agent, request } from 'node:http';

/** A stream that takes longer is a failure. */
const PATIENCE_MS = 30_000;

/** What became of a stream, as its client saw it. */
export const WHOLE = 'whole';
/** An error status, or an error instead of any content: nothing was shown yet. */
export const FAILED = 'failed';
/** Content, then one error frame. */
export const CUT = 'cut';
/** Content, then an end that says nothing, or a broken connection. */
export const BROKEN = 'broken';

const agent = new Agent({ keepAlive: true });

/** Asks for one stream and reads it to its end; settles to what became of it, and how many attempts it took. */
export function readStream({ url, key, model }) {
  return new Promise((resolve) => {
    let text = '';
    let status = 0;
    let attempts = 0;
    const end = (reason) => {
      clearTimeout(timer);
      resolve({ outcome: outcomeOf(status, text), attempts, status, reason: reason ?? errorOf(text) });
    };
    const asked = request(`${url}/v1/chat/completions`, {
      method: 'POST',
      agent,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    });
    const timer = setTimeout(() => asked.destroy(new Error('no end in time')), PATIENCE_MS);
    asked.once('error', (error) => end(error.message));
    asked.once('response', (response) => {
      status = response.statusCode;
      attempts = Number(response.headers['x-pllm-attempts'] ?? 0);
      response.setEncoding('utf8').on('data', (piece) => (text += piece));
      response.once('end', () => end());
      response.once('error', (error) => end(error.message));
    });
    const messages = [{ role: 'user', content: 'Hello!' }];
    asked.end(JSON.stringify({ model, stream: true, messages }));
  });
}

export function closeConnections() {
  agent.destroy();
}

function outcomeOf(status, text) {
  if (status === 200 && text.endsWith('data: [DONE]\n\n') && !text.includes('data: {"error"')) return WHOLE;
  if (!/"content":"[^"]/.test(text)) return FAILED;
  return (text.match(/^data: \{"error"/gm) ?? []).length === 1 && !text.includes('[DONE]') ? CUT : BROKEN;
}

function errorOf(text) {
  return /\{"error".*/.exec(text)?.[0];
}
