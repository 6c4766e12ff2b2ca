import { answerFormOf } from '../claude/answer-form.js';
import type { AnswerForm } from '../claude/answer-form.js';
import { traitsOf } from '../claude/claude-traits.js';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';
import { fitSchema } from './fit-schema.js';

/** How a Claude is held to the form that a client asked for. @throws GatewayError */
export function formOf(value: ChatParameters, model: string): AnswerForm {
  const { takesSchemas, canBeForced } = traitsOf(model);
  return answerFormOf(value, {
    fit: (schema) => (takesSchemas ? fitSchema(schema) : undefined),
    canBeForced,
  });
}
