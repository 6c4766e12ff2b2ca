import { isObject, requireObject, unsupported } from '#contract';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';

/** How an answer is held to the form that a client asked for. */
export type AnswerForm =
  | { readonly kind: 'free' }
  /** The model writes JSON; where there is a schema, what the schema allows. */
  | { readonly kind: 'json'; readonly schema?: unknown }
  /** It is told. */
  | { readonly kind: 'words'; readonly words: string };

const FREE: AnswerForm = { kind: 'free' };

/** @param hasTools is the model offered tools? Cohere holds no answer to a form then, nor beside documents @throws GatewayError */
export function answerFormOf(value: ChatParameters, hasTools: boolean): AnswerForm {
  const given = value.response_format;
  if (given === undefined || given === null) return FREE;
  const format = requireObject(given, 'response_format');
  if (format.type === 'text') return FREE;
  const schema = schemaOf(format);
  const hasDocuments = Array.isArray(value.documents) && value.documents.length > 0;
  if (hasTools || hasDocuments) return tell(value.tool_choice, schema);
  return schema === undefined ? { kind: 'json' } : { kind: 'json', schema };
}

function schemaOf(format: Readonly<Record<string, unknown>>): unknown {
  // Cohere's own words for a schema stand beside its type.
  if (format.type === 'json_object') return format.json_schema ?? format.schema ?? undefined;
  if (format.type === 'json_schema') {
    return requireObject(format.json_schema, 'response_format.json_schema').schema;
  }
  throw unsupported(
    'response_format.type',
    `This model gives no answer of the type '${String(format.type)}'.`,
  );
}

/** A model that must call a tool gives no answer. */
function tell(choice: unknown, schema: unknown): AnswerForm {
  if (choice === 'required' || (isObject(choice) && choice.type === 'function')) return FREE;
  const told = schema === undefined ? '' : ` Its JSON schema: ${JSON.stringify(schema)}`;
  return { kind: 'words', words: `Give the answer as one JSON value and nothing around it.${told}` };
}
