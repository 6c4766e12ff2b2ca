import { invalid, requireList, requireObject, requireText, unsupported } from '#contract';
import type { ChatMessage } from '#contract';
import { contentOf, readParts } from './read-parts.js';
import { markOf } from './wire.js';
import type { Block, Said } from './wire.js';

/** Between what several blocks of the system say. */
const PARAGRAPH = '\n\n';

/** What a conversation is read with. */
export interface Reading {
  readonly hasExtensions: boolean;
  /** The inputs of tools as JSON text, by message and block. */
  readonly inputs: readonly (readonly (string | undefined)[])[];
}

/** What the system says, and the turns, as the messages of a chat. @throws GatewayError that names the block */
export function readMessages(system: unknown, turns: readonly unknown[], reading: Reading): ChatMessage[] {
  const said = contentOf(readParts(system ?? '', 'system', reading.hasExtensions), PARAGRAPH);
  const first = said === undefined ? [] : [{ role: 'system', content: said }];
  return [...first, ...turns.flatMap((turn, index) => readTurn(turn, index, reading))];
}

function readTurn(value: unknown, index: number, reading: Reading): readonly ChatMessage[] {
  const param = `messages.${index}`;
  const { role, content } = requireObject(value, param);
  if (role === 'user') return readUser(content, `${param}.content`, reading);
  if (role === 'assistant') return [readAssistant(content, `${param}.content`, index, reading)];
  // Newer clients let the system speak between the turns.
  if (role === 'system') {
    const said = contentOf(readParts(content, `${param}.content`, reading.hasExtensions), PARAGRAPH);
    return said === undefined ? [] : [{ role, content: said }];
  }
  throw invalid(`${param}.role`, `There is no role '${String(role)}'.`);
}

/** The results of tools are messages of their own, and come first: they answer the turn before. */
function readUser(content: unknown, param: string, reading: Reading): readonly ChatMessage[] {
  const results: ChatMessage[] = [];
  const parts: Said[] = [];
  blocksOf(content, param).forEach((block, index) => {
    const at = `${param}.${index}`;
    if (block.type === 'tool_result') readResult(block, at, reading, results, parts);
    else parts.push(...readParts([block], param, reading.hasExtensions));
  });
  const [only] = parts;
  const isText = parts.length === 1 && only?.type === 'text' && only.cache_control === undefined;
  if (parts.length > 0) results.push({ role: 'user', content: isText ? only.text : parts });
  return results;
}

/** A chat's tools answer in text: their images are shown by the user, right behind. */
function readResult(
  block: Block,
  param: string,
  { hasExtensions }: Reading,
  results: ChatMessage[],
  shown: Said[],
): void {
  const id = requireText(block.tool_use_id, `${param}.tool_use_id`);
  const parts = readParts(block.content ?? '', `${param}.content`, hasExtensions);
  const isText = ({ type }: Said): boolean => type === 'text';
  if (!hasExtensions) shown.push(...parts.filter((part) => !isText(part)));
  const content = contentOf(hasExtensions ? parts : parts.filter(isText), '\n') ?? '';
  const result = { role: 'tool', tool_call_id: id, content, ...markOf(block, hasExtensions) };
  results.push(result);
}

function readAssistant(content: unknown, param: string, turn: number, reading: Reading): ChatMessage {
  const texts: Said[] = [];
  const calls: Said[] = [];
  const thoughts: Said[] = [];
  const { hasExtensions, inputs } = reading;
  blocksOf(content, param).forEach((block, index) => {
    const at = `${param}.${index}`;
    if (block.type === 'text') texts.push(...readParts([block], param, hasExtensions));
    else if (block.type === 'tool_use') calls.push(readCall(block, at, inputs[turn]?.[index], hasExtensions));
    else if (block.type === 'thinking' || block.type === 'redacted_thinking') thoughts.push(block);
    else throw unsupported(at, `This model takes no content of the type '${String(block.type)}' here.`);
  });
  return {
    role: 'assistant',
    content: contentOf(texts, '') ?? (calls.length > 0 ? null : ''),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(hasExtensions && thoughts.length > 0 && { thinking_blocks: thoughts }),
  } as ChatMessage;
}

function readCall(block: Block, param: string, input: string | undefined, hasExtensions: boolean): Said {
  return {
    id: requireText(block.id, `${param}.id`),
    type: 'function',
    function: { name: requireText(block.name, `${param}.name`), arguments: input ?? '{}' },
    ...markOf(block, hasExtensions),
  };
}

function blocksOf(content: unknown, param: string): readonly Block[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return requireList(content, param).map((block, index) => requireObject(block, `${param}.${index}`));
}
