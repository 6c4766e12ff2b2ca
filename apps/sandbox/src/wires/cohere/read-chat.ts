import { type ChatRequest, chatRequestOf } from '../../chat-request.js';
import { Fault } from '../../fault.js';
import * as rules from '../rules.js';
import type { Call } from '../wire.js';
import { readMessages } from './read-messages.js';

const BODY = [
  'model!',
  'messages!',
  'stream',
  'tools',
  'tool_choice',
  'strict_tools',
  'documents',
  'citation_options',
  'response_format',
  'safety_mode',
  'max_tokens',
  'stop_sequences',
  'temperature',
  'seed',
  'frequency_penalty',
  'presence_penalty',
  'k',
  'p',
  'logprobs',
  'thinking',
  'priority',
];
/** Only these are told how much to think. */
const REASONING = /reasoning/;

/** @throws Fault where Cohere would refuse */
export function readChat({ text }: Call): ChatRequest {
  const body = rules.readMembers(text, BODY);
  const model = rules.requireText(body['model'], 'model');
  const { thinking, tools, tool_choice: choice, response_format: format, stream } = body;
  if (thinking !== undefined && !REASONING.test(model))
    throw new Fault('thinking: is not supported for this model');
  rules.checkNumber(body['temperature'], 'temperature', 0, 1);
  rules.checkNumber(body['p'], 'p', 0.01, 0.99);
  if (choice !== undefined) rules.requireWord(choice, 'tool_choice', ['REQUIRED', 'NONE']);
  if (format !== undefined && tools !== undefined)
    throw new Fault('response_format: is not supported together with tools');
  const chat = {
    model,
    stream,
    messages: readMessages(body['messages']),
    tools: rules.itemsOf(tools, 'tools').map((tool, index) => readTool(tool, `tools[${index}]`)),
    tool_choice: choice === 'NONE' ? 'none' : 'auto',
    response_format: readFormat(format),
  };
  return chatRequestOf(chat, text);
}

function readTool(value: unknown, at: string): object {
  const { type, function: declared } = rules.requireMembers(value, at, ['type!', 'function!']);
  rules.requireWord(type, `${at}.type`, ['function']);
  const names = ['name!', 'description', 'parameters!'];
  const { parameters } = rules.requireMembers(declared, `${at}.function`, names);
  rules.requireObjectSchema(parameters, `${at}.function.parameters`);
  return { function: declared };
}

function readFormat(given: unknown): unknown {
  if (given === undefined) return undefined;
  const { type, json_schema: schema } = rules.requireMembers(given, 'response_format', [
    'type!',
    'json_schema',
  ]);
  const isJson = rules.requireWord(type, 'response_format.type', ['text', 'json_object']) === 'json_object';
  return isJson && schema !== undefined ? { type: 'json_schema', json_schema: { schema } } : { type };
}
