import { anthropic } from './anthropic/wire.js';
import { bedrock } from './bedrock/wire.js';
import { cohere } from './cohere/wire.js';
import { gemini } from './gemini/wire.js';
import type { Wire } from './wire.js';

const WIRES: readonly Wire[] = [anthropic, gemini, cohere, bedrock];

/** The wire that a path belongs to, beside OpenAI's. */
export function findWire(path: string): Wire | undefined {
  return WIRES.find((wire) => wire.path.test(path));
}
