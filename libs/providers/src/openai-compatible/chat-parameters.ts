import type { ChatRequest } from '#contract';

/** `POST /chat/completions` as a translator reads it: what nobody has looked at may be anything. */
export interface ChatParameters extends ChatRequest {
  readonly [name: string]: unknown;
}
