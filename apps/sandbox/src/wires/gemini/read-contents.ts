import { type ChatRequest, chatRequestOf } from '../../chat-request.js';
import { Fault } from '../../fault.js';
import * as rules from '../rules.js';
import type { Call } from '../wire.js';
import { readTurns } from './read-turns.js';

export const PATH = /^\/v1beta\/models\/([^/:]+):(generateContent|streamGenerateContent)$/;

const BODY = [
  'contents!',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'safetySettings',
  'cachedContent',
];
const CONFIG = [
  'maxOutputTokens',
  'temperature',
  'topP',
  'topK',
  'presencePenalty',
  'frequencyPenalty',
  'seed',
  'stopSequences',
  'candidateCount',
  'responseLogprobs',
  'logprobs',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseModalities',
  'thinkingConfig',
];
const FUNCTION = ['name!', 'description', 'parameters', 'parametersJsonSchema'];

/** @throws Fault where Google would refuse */
export function readContents({ url, text }: Call): ChatRequest {
  const { pathname, searchParams } = new URL(url, 'http://sandbox');
  const [, name = '', method] = PATH.exec(pathname) ?? [];
  const stream = method === 'streamGenerateContent';
  if (stream && searchParams.get('alt') !== 'sse') throw new Fault('The sandbox streams with alt=sse only.');
  const model = decodeURIComponent(name);
  const body = rules.readMembers(text, BODY);
  const messages = readTurns(body['contents'], model);
  if (body['systemInstruction'] !== undefined) {
    const { parts } = rules.requireMembers(body['systemInstruction'], 'systemInstruction', [
      'role',
      'parts!',
    ]);
    messages.unshift({ role: 'system', content: parts });
  }
  const config = rules.requireMembers(body['generationConfig'] ?? {}, 'generationConfig', CONFIG);
  rules.checkNumber(config['temperature'], 'temperature', 0, 2);
  const tools = rules
    .itemsOf(body['tools'], 'tools')
    .flatMap((tool, index) => readTools(tool, `tools[${index}]`));
  const chat = {
    model,
    stream,
    messages,
    tools,
    n: config['candidateCount'],
    tool_choice: readChoice(body['toolConfig']),
    response_format: readFormat(config),
  };
  return chatRequestOf(chat, text);
}

function readTools(value: unknown, at: string): object[] {
  const { functionDeclarations: list } = rules.requireMembers(value, at, ['functionDeclarations!']);
  return rules.requireItems(list, `${at}.functionDeclarations`).map((item, index) => {
    const place = `${at}.functionDeclarations[${index}]`;
    const { name, parameters, parametersJsonSchema: schema } = rules.requireMembers(item, place, FUNCTION);
    const given = schema ?? parameters;
    if (given !== undefined) rules.requireObjectSchema(given, `${place}.parameters`);
    return { function: { name: rules.requireText(name, `${place}.name`), parameters: given } };
  });
}

function readChoice(given: unknown): unknown {
  if (given === undefined) return 'auto';
  const at = 'toolConfig.functionCallingConfig';
  const { functionCallingConfig } = rules.requireMembers(given, 'toolConfig', ['functionCallingConfig!']);
  const config = rules.requireMembers(functionCallingConfig, at, ['mode!', 'allowedFunctionNames']);
  const mode = rules.requireWord(config['mode'], `${at}.mode`, ['AUTO', 'ANY', 'NONE', 'VALIDATED']);
  if (mode === 'NONE') return 'none';
  const [only] = rules.itemsOf(config['allowedFunctionNames'], `${at}.allowedFunctionNames`);
  return only === undefined ? 'auto' : { function: { name: only } };
}

function readFormat(config: rules.Members): unknown {
  const { responseMimeType: type, responseSchema, responseJsonSchema } = config;
  const schema = responseJsonSchema ?? responseSchema;
  if (type === 'application/json') return { type: 'json_schema', json_schema: { schema } };
  if (schema !== undefined)
    throw new Fault('responseMimeType: must be application/json where there is a schema');
  return undefined;
}
