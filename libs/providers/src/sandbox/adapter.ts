import { openaiCompatible } from '../openai-compatible/adapter.js';
import type { ProviderAdapter } from '../spec.js';

/** The upstream of `apps/sandbox`, for demos and tests. */
export const sandbox: ProviderAdapter = { ...openaiCompatible, name: 'sandbox' };
