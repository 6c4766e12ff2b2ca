import { Fault } from './fault.js';
import { isRecord, rawMember } from './json.js';
import { parseScript, type Script } from './script.js';

/** A function that the caller offers to the model. */
export interface Tool {
  name: string;
  parameters: unknown;
}

/** What the sandbox reads from the body of a chat completion. */
export interface ChatRequest {
  /** The model as asked for, script and all. */
  model: string;
  /** The part before the script. */
  name: string;
  script: Readonly<Script>;
  stream: boolean;
  includeUsage: boolean;
  /** How many answers (`n`). */
  choices: number;
  promptTokens: number;
  lastUserText: string;
  tools: readonly Tool[];
  /** The tool to call of its own accord, when the last word is the user's and a tool may be called. */
  toolToCall: Tool | undefined;
  /** The schema of the answer: an object for `json_schema`, `true` for `json_object`. */
  answerSchema: unknown;
  /** The digits of the seed, exactly as they were in the body. */
  seed: string | undefined;
  /** The body itself. */
  text: string;
}

/** Reads a body; what the sandbox cannot work with is a Fault. `deployment` is the model where the body has none. */
export function readChatRequest(text: string, deployment?: string): ChatRequest {
  return chatRequestOf(parseBody(text), text, deployment);
}

/** What a body in OpenAI's words asks for; `text` is the body as it came, in whatever wire. */
export function chatRequestOf(body: Record<string, unknown>, text: string, deployment?: string): ChatRequest {
  const { model = deployment, messages } = body;
  if (typeof model !== 'string') throw new Fault('You must provide a model parameter.', 'model');
  if (!Array.isArray(messages)) throw new Fault("Missing required parameter: 'messages'.", 'messages');
  if (messages.length === 0) throw new Fault("Invalid 'messages': empty array.", 'messages', 'empty_array');
  const { name, script } = parseScript(model);
  const tools = body['tools'] === undefined ? [] : readTools(body['tools']);
  const options = body['stream_options'];
  return {
    model,
    name,
    script,
    stream: body['stream'] === true,
    includeUsage: isRecord(options) && options['include_usage'] === true,
    choices: readChoices(body['n']),
    promptTokens: countPrompt(messages),
    lastUserText: lastUserText(messages),
    tools,
    toolToCall: tools.length === 0 ? undefined : toolToCall(tools, messages, body['tool_choice']),
    answerSchema: answerSchema(body['response_format']),
    seed: typeof body['seed'] === 'number' ? rawMember(text, 'seed') : undefined,
    text,
  };
}

/** A body that must be a JSON object. */
export function parseBody(text: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Fault('We could not parse the JSON body of your request.');
  }
  if (!isRecord(body)) throw new Fault('The body of your request must be a JSON object.');
  return body;
}

/** `n` */
export function readChoices(n: unknown): number {
  if (n === undefined || n === null) return 1;
  if (typeof n === 'number' && Number.isInteger(n) && n >= 1 && n <= 128) return n;
  throw new Fault("Invalid 'n': expected an integer from 1 to 128.", 'n', 'invalid_value');
}

function contentText(message: unknown): string {
  const content = isRecord(message) ? message['content'] : undefined;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => (isRecord(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join(' ');
}

function countPrompt(messages: unknown[]): number {
  let tokens = 3 * messages.length;
  for (const message of messages) tokens += contentText(message).match(/\S+/g)?.length ?? 0;
  return tokens;
}

function lastUserText(messages: unknown[]): string {
  return contentText(messages.findLast((message) => isRecord(message) && message['role'] === 'user'));
}

function readTools(given: unknown): Tool[] {
  const tools: Tool[] = [];
  for (const tool of Array.isArray(given) ? given : []) {
    const declared: unknown = isRecord(tool) ? tool['function'] : undefined;
    if (isRecord(declared) && typeof declared['name'] === 'string')
      tools.push({ name: declared['name'], parameters: declared['parameters'] });
  }
  return tools;
}

function toolToCall(tools: Tool[], messages: unknown[], choice: unknown): Tool | undefined {
  const last: unknown = messages.at(-1);
  if (choice === 'none' || !isRecord(last) || last['role'] !== 'user') return undefined;
  const forced = isRecord(choice) ? choice['function'] : undefined;
  if (!isRecord(forced)) return tools[0];
  return tools.find((tool) => tool.name === forced['name']) ?? tools[0];
}

function answerSchema(format: unknown): unknown {
  if (!isRecord(format)) return undefined;
  if (format['type'] === 'json_object') return true;
  if (format['type'] !== 'json_schema') return undefined;
  const declared = format['json_schema'];
  return (isRecord(declared) ? declared['schema'] : undefined) ?? true;
}
