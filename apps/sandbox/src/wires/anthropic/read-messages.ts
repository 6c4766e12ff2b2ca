import { type ChatRequest, chatRequestOf } from '../../chat-request.js';
import { Fault } from '../../fault.js';
import * as rules from '../rules.js';
import type { Call } from '../wire.js';
import { readTurns } from './read-turns.js';

const BODY = [
  'model!',
  'max_tokens!',
  'messages!',
  'system',
  'stream',
  'tools',
  'tool_choice',
  'stop_sequences',
  'temperature',
  'top_p',
  'top_k',
  'thinking',
  'output_config',
  'metadata',
  'service_tier',
  'cache_control',
];
const LEAST_BUDGET = 1_024;

/** @throws Fault where Anthropic would refuse */
export function readMessages({ headers, text }: Call): ChatRequest {
  if (headers['anthropic-version'] === undefined) throw new Fault('anthropic-version: header is required');
  const body = rules.readMembers(text, BODY);
  const { max_tokens: most, system, stream } = body;
  if (!Number.isInteger(most) || Number(most) < 1)
    throw new Fault('max_tokens: Input should be greater than or equal to 1');
  checkThinking(body);
  rules.checkNumber(body['temperature'], 'temperature', 0, 1);
  rules.checkNumber(body['top_p'], 'top_p', 0, 1);
  const messages = readTurns(body['messages']);
  if (system !== undefined) messages.unshift({ role: 'system', content: system });
  const chat = {
    model: rules.requireText(body['model'], 'model'),
    stream,
    messages,
    tools: rules.itemsOf(body['tools'], 'tools').map(readTool),
    tool_choice: readChoice(body),
    response_format: readFormat(body['output_config']),
  };
  return chatRequestOf(chat, text);
}

function checkThinking(body: rules.Members): void {
  if (body['thinking'] === undefined) return;
  const thinking = rules.requireMembers(body['thinking'], 'thinking', ['type!', 'budget_tokens', 'display']);
  const kind = rules.requireWord(thinking['type'], 'thinking.type', [
    'enabled',
    'disabled',
    'adaptive',
    'between_tools',
  ]);
  if (kind !== 'enabled') return;
  const most = Number(body['max_tokens']) - 1;
  rules.checkNumber(thinking['budget_tokens'] ?? 0, 'thinking.budget_tokens', LEAST_BUDGET, most);
}

function readTool(value: unknown, index: number): object {
  const at = `tools.${index}`;
  const names = ['name!', 'description', 'input_schema!', 'strict', 'cache_control', 'type'];
  const tool = rules.requireMembers(value, at, names);
  rules.requireObjectSchema(tool['input_schema'], `${at}.input_schema`);
  return {
    function: { name: rules.requireText(tool['name'], `${at}.name`), parameters: tool['input_schema'] },
  };
}

function readChoice({ tool_choice: given, tools }: rules.Members): unknown {
  if (given === undefined) return 'auto';
  if (tools === undefined) throw new Fault('tool_choice: may only be specified while providing tools');
  const choice = rules.requireMembers(given, 'tool_choice', ['type!', 'name', 'disable_parallel_tool_use']);
  const type = rules.requireWord(choice['type'], 'tool_choice.type', ['auto', 'any', 'tool', 'none']);
  return type === 'tool' ? { function: { name: choice['name'] } } : type;
}

function readFormat(given: unknown): unknown {
  if (given === undefined) return undefined;
  const { format } = rules.requireMembers(given, 'output_config', ['format', 'effort']);
  if (format === undefined) return undefined;
  const { schema, type } = rules.requireMembers(format, 'output_config.format', ['type!', 'schema!']);
  rules.requireWord(type, 'output_config.format.type', ['json_schema']);
  return { type, json_schema: { schema } };
}
