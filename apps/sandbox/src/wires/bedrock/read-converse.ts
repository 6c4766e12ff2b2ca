import { type ChatRequest, chatRequestOf } from '../../chat-request.js';
import { Fault } from '../../fault.js';
import * as rules from '../rules.js';
import type { Call } from '../wire.js';
import { readTurns } from './read-turns.js';

export const PATH = /^\/model\/([^/]+)\/(converse|converse-stream)$/;

const BODY = [
  'messages!',
  'system',
  'inferenceConfig',
  'toolConfig',
  'additionalModelRequestFields',
  'additionalModelResponseFieldPaths',
  'guardrailConfig',
  'performanceConfig',
  'requestMetadata',
  'serviceTier',
];

/** @throws Fault where AWS would refuse */
export function readConverse({ url, headers, text }: Call): ChatRequest {
  const [, name = '', method] = PATH.exec(new URL(url, 'http://sandbox').pathname) ?? [];
  if (headers.authorization === undefined) throw new Fault('Missing Authentication Token');
  const body = rules.readMembers(text, BODY);
  const config = rules.requireMembers(body['inferenceConfig'] ?? {}, 'inferenceConfig', [
    'maxTokens',
    'temperature',
    'topP',
    'stopSequences',
  ]);
  rules.checkNumber(config['temperature'], 'inferenceConfig.temperature', 0, 1);
  rules.checkNumber(config['topP'], 'inferenceConfig.topP', 0, 1);
  const messages = readTurns(body['messages']);
  const system = rules.itemsOf(body['system'], 'system');
  if (system.length > 0)
    messages.unshift({
      role: 'system',
      content: system.map((part) => ({ type: 'text', ...(part as object) })),
    });
  const { tools, choice } = readTools(body['toolConfig']);
  const chat = {
    model: decodeURIComponent(name),
    stream: method === 'converse-stream',
    messages,
    tools,
    tool_choice: choice,
  };
  return chatRequestOf(chat, text);
}

function readTools(given: unknown): { tools: object[]; choice: unknown } {
  if (given === undefined) return { tools: [], choice: 'auto' };
  const { tools, toolChoice } = rules.requireMembers(given, 'toolConfig', ['tools!', 'toolChoice']);
  const read = rules.requireItems(tools, 'toolConfig.tools').flatMap((tool, index) => {
    const at = `toolConfig.tools.${index}`;
    const { toolSpec } = rules.requireMembers(tool, at, ['toolSpec', 'cachePoint']);
    if (toolSpec === undefined) return [];
    const names = ['name!', 'description', 'inputSchema!'];
    const { name, inputSchema } = rules.requireMembers(toolSpec, `${at}.toolSpec`, names);
    const { json } = rules.requireMembers(inputSchema, `${at}.toolSpec.inputSchema`, ['json!']);
    rules.requireObjectSchema(json, `${at}.toolSpec.inputSchema.json`);
    return [{ function: { name: rules.requireText(name, `${at}.toolSpec.name`), parameters: json } }];
  });
  return { tools: read, choice: readChoice(toolChoice) };
}

function readChoice(given: unknown): unknown {
  if (given === undefined) return 'auto';
  const { tool } = rules.requireMembers(given, 'toolConfig.toolChoice', ['auto', 'any', 'tool']);
  return tool === undefined ? 'auto' : { function: tool };
}
