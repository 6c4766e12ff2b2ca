import { isObject, requireObject, unsupported } from '#contract';
import type { ChatParameters } from '../openai-compatible/chat-parameters.js';

/** How an answer is held to the form that a client asked for. */
export type AnswerForm =
  | { readonly kind: 'free' }
  /** The model is held to the schema. */
  | { readonly kind: 'schema'; readonly schema: unknown }
  /** It must call this tool, whose input is the answer. */
  | { readonly kind: 'tool'; readonly tool: AnswerTool }
  /** It is told. */
  | { readonly kind: 'words'; readonly words: string };

export interface AnswerTool {
  readonly name: string;
  readonly description: string;
  readonly schema: unknown;
}

/** How a model can be held to a form. */
export interface Holds {
  /** A schema as the model is held to it; undefined: it cannot be. */
  readonly fit: (schema: unknown) => unknown;
  /** Can it be made to call a tool? */
  readonly canBeForced: boolean;
}

const FREE: AnswerForm = { kind: 'free' };
const NAME = 'json_answer';
const ANY_OBJECT = { type: 'object' };

/** @throws GatewayError */
export function answerFormOf(value: ChatParameters, { fit, canBeForced }: Holds): AnswerForm {
  const wanted = wantedSchema(value.response_format);
  if (!wanted) return FREE;
  const fitted = fit(wanted.schema);
  if (fitted) return { kind: 'schema', schema: fitted };
  if (callsAnother(value.tool_choice)) return FREE;
  if (!canBeForced || thinks(value.thinking) || !isOfObjects(wanted.schema)) {
    const words = `Answer with one JSON value and nothing around it. Its JSON schema: ${JSON.stringify(wanted.schema)}`;
    return { kind: 'words', words };
  }
  const description = wanted.description ?? 'Call this tool to give the answer: its input is the answer.';
  return { kind: 'tool', tool: { name: freeName(value.tools), description, schema: wanted.schema } };
}

interface Wanted {
  readonly schema: unknown;
  readonly description?: string | undefined;
}

function wantedSchema(given: unknown): Wanted | undefined {
  if (given === undefined || given === null) return undefined;
  const format = requireObject(given, 'response_format');
  if (format.type === 'text') return undefined;
  if (format.type === 'json_object') return { schema: ANY_OBJECT };
  if (format.type !== 'json_schema') {
    throw unsupported(
      'response_format.type',
      `This model gives no answer of the type '${String(format.type)}'.`,
    );
  }
  const { schema, description } = requireObject(format.json_schema, 'response_format.json_schema');
  const said = typeof description === 'string' ? description : undefined;
  return { schema: schema ?? ANY_OBJECT, description: said };
}

/** A client that wants a call of its own tools gets one, and no answer. */
function callsAnother(choice: unknown): boolean {
  return choice === 'required' || isObject(choice);
}

/** A model that thinks cannot be made to call a tool. */
function thinks(thinking: unknown): boolean {
  return isObject(thinking) && thinking.type !== 'disabled';
}

function isOfObjects(schema: unknown): boolean {
  return isObject(schema) && schema.type === 'object';
}

/** A name that none of the client's own tools has. */
function freeName(tools: unknown): string {
  const names = new Set(
    (Array.isArray(tools) ? tools : []).map((tool) =>
      isObject(tool) && isObject(tool.function) ? tool.function.name : undefined,
    ),
  );
  let name = NAME;
  while (names.has(name)) name += '_';
  return name;
}
