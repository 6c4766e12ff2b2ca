import { speakOpenAi } from '../openai-compatible/adapter.js';
import { decodeEmbeddedError } from '../openai-compatible/decode-error.js';

interface Failure {
  readonly error?: object | null;
  readonly choices?: readonly { readonly error?: object | null }[] | null;
}

/** An answer that its model broke off: it comes with status 200, and with choices. */
const FAILED = /"finish_reason"\s*:\s*"error"/;

function refuseFailure(json: Buffer): Buffer {
  if (!json.includes('"error"') || !FAILED.test(json.toString('latin1'))) return json;
  throw decodeEmbeddedError(Buffer.from(JSON.stringify({ error: causeIn(json) })));
}

function causeIn(json: Buffer): object {
  try {
    const { error, choices } = JSON.parse(json.toString()) as Failure;
    return error ?? choices?.map((choice) => choice.error).find(Boolean) ?? {};
  } catch {
    return {};
  }
}

const FAILURES = { openMend: () => refuseFailure };

export const openrouter = speakOpenAi({
  name: 'openrouter',
  defaultBaseUrl: 'https://openrouter.ai/api/v1',
  offers: ['chat', 'completions', 'embeddings'],
  quirks: { chat: FAILURES, completions: FAILURES },
});
