import { speakOpenAi } from '../openai-compatible/adapter.js';

/** The upstream of `apps/sandbox`, for demos and tests. */
export const sandbox = speakOpenAi({ name: 'sandbox', joinsTraces: true });
