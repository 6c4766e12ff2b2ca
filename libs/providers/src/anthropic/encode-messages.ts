import { requireList, requireObject, requireText, unsupported } from '#contract';
import type { Members } from '#contract';
import { readThoughts } from '../claude/read-thoughts.js';
import { readCall } from '../openai-compatible/read-tools.js';
import { encodeParts, markOf } from './encode-part.js';
import type { PartBlock, RequestBlock, ToolUseBlock, Turn } from './wire.js';

/** Messages in Anthropic's order: what the system says apart, and turns of user and assistant one after the other. */
export interface Conversation {
  readonly system: readonly PartBlock[];
  readonly turns: readonly Turn[];
}

type Add = (message: Members, param: string, system: PartBlock[], turns: Turn[]) => void;

const addSystem: Add = (message, param, system) => {
  system.push(...withMark(encodeParts(message.content, `${param}.content`, true), message));
};

const ROLES: ReadonlyMap<unknown, Add> = new Map<unknown, Add>([
  ['system', addSystem],
  ['developer', addSystem],
  ['user', addUser],
  ['assistant', addAssistant],
  ['tool', addToolResult],
]);

/** @throws GatewayError that names the message, or the part of it, that cannot be said */
export function encodeMessages(messages: readonly unknown[]): Conversation {
  const system: PartBlock[] = [];
  const turns: Turn[] = [];
  messages.forEach((value, index) => {
    const param = `messages[${index}]`;
    const message = requireObject(value, param);
    const add = ROLES.get(message.role);
    if (!add) throw unsupported(`${param}.role`, `This model knows no role '${String(message.role)}'.`);
    add(message, param, system, turns);
  });
  endWithText(turns);
  // Anthropic answers no call without a turn of the user; OpenAI answers one that only the system speaks in.
  if (turns.length === 0) return { system: [], turns: [{ role: 'user', content: system }] };
  return { system, turns };
}

/** The turns as JSON. */
export function printTurns(turns: readonly Turn[]): string {
  const printed = turns.map(({ role, content }) => `{"role":"${role}","content":[${content.map(print)}]}`);
  return `[${printed.join(',')}]`;
}

function print(block: RequestBlock): string {
  if (block.type !== 'tool_use') return JSON.stringify(block);
  const { input, ...rest } = block;
  return `${JSON.stringify(rest).slice(0, -1)},"input":${input}}`;
}

function addUser(message: Members, param: string, _: PartBlock[], turns: Turn[]): void {
  append(turns, 'user', withMark(encodeParts(message.content, `${param}.content`), message));
}

function addAssistant(message: Members, param: string, _: PartBlock[], turns: Turn[]): void {
  if (message.audio) throw unsupported(`${param}.audio`, 'This model does not speak.');
  if (message.function_call) {
    throw unsupported(`${param}.function_call`, 'Use tool_calls in place of function_call.');
  }
  const texts = encodeParts(message.content, `${param}.content`, true);
  const refusal = encodeParts(message.refusal, `${param}.refusal`, true);
  const calls = requireList(message.tool_calls, `${param}.tool_calls`).map((call, index) =>
    encodeCall(call, `${param}.tool_calls[${index}]`),
  );
  append(turns, 'assistant', [
    ...readThoughts(message.thinking_blocks),
    ...withMark([...texts, ...refusal, ...calls], message),
  ]);
}

function addToolResult(message: Members, param: string, _: PartBlock[], turns: Turn[]): void {
  const id = requireText(message.tool_call_id, `${param}.tool_call_id`);
  const content = encodeParts(message.content, `${param}.content`);
  append(turns, 'user', [
    {
      type: 'tool_result',
      tool_use_id: idOf(id),
      ...(content.length > 0 && { content }),
      ...markOf(message),
    },
  ]);
}

function encodeCall(value: unknown, param: string): ToolUseBlock {
  const { id, name, input } = readCall(value, param);
  return { type: 'tool_use', id: idOf(id), name, input };
}

/** Other providers' ids hold what Anthropic refuses in one. */
function idOf(id: string): string {
  return id.replaceAll(/[^\w-]/g, '_');
}

/** A mark on a message is one on its last block. */
function withMark<Block extends RequestBlock>(blocks: Block[], message: Members): Block[] {
  const last = blocks.at(-1);
  const mark = markOf(message);
  return last && mark.cache_control ? [...blocks.slice(0, -1), { ...last, ...mark }] : blocks;
}

function append(turns: Turn[], role: Turn['role'], blocks: readonly RequestBlock[]): void {
  if (blocks.length === 0) return;
  const last = turns.at(-1);
  if (last?.role === role) for (const block of blocks) last.content.push(block);
  else turns.push({ role, content: [...blocks] });
}

/** Anthropic refuses an answer begun for it that ends in white space. */
function endWithText(turns: Turn[]): void {
  const last = turns.at(-1);
  const block = last?.role === 'assistant' ? last.content.at(-1) : undefined;
  if (last && block?.type === 'text') last.content.splice(-1, 1, { ...block, text: block.text.trimEnd() });
}
