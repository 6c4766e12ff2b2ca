import { requireList, requireObject, requireText, unsupported } from '#contract';
import type { Members } from '#contract';
import { readThoughts } from '../claude/read-thoughts.js';
import { readCall } from '../openai-compatible/read-tools.js';
import { encodeParts, withPoint } from './encode-part.js';
import type { PartScope } from './encode-part.js';
import type { ModelTraits } from './model-traits.js';
import type { CachePointBlock, PartBlock, ReasoningBlock, RequestBlock, ToolUseBlock, Turn } from './wire.js';

/** Messages in Bedrock's order: what the system says apart, and turns of user and assistant one after the other. */
export interface Conversation {
  readonly system: readonly PartBlock[];
  readonly turns: readonly Turn[];
  /** Names of the tools that were called in it. */
  readonly called: ReadonlySet<string>;
}

/** What is gathered on the way through the messages. */
interface Gathered extends PartScope {
  readonly system: PartBlock[];
  readonly turns: Turn[];
  readonly called: Set<string>;
}

type Add = (message: Members, param: string, gathered: Gathered) => void;

const addSystem: Add = (message, param, gathered) => {
  const blocks = encodeParts(message.content, `${param}.content`, gathered, true);
  gathered.system.push(...marked(blocks, message, gathered));
};

const ROLES: ReadonlyMap<unknown, Add> = new Map<unknown, Add>([
  ['system', addSystem],
  ['developer', addSystem],
  ['user', addUser],
  ['assistant', addAssistant],
  ['tool', addToolResult],
]);

/** @throws GatewayError that names the message, or the part of it, that cannot be said */
export function encodeMessages(messages: readonly unknown[], traits: ModelTraits): Conversation {
  const gathered: Gathered = { traits, documents: new Set(), system: [], turns: [], called: new Set() };
  messages.forEach((value, index) => {
    const param = `messages[${index}]`;
    const message = requireObject(value, param);
    const add = ROLES.get(message.role);
    if (!add) throw unsupported(`${param}.role`, `This model knows no role '${String(message.role)}'.`);
    add(message, param, gathered);
  });
  const { system, turns, called } = gathered;
  for (const turn of turns) nameDocuments(turn);
  endWithText(turns);
  // Bedrock answers no call without a turn of the user; OpenAI answers one that only the system speaks in.
  if (turns.length === 0) return { system: [], turns: [{ role: 'user', content: system }], called };
  return { system, turns, called };
}

/** The turns as JSON. */
export function printTurns(turns: readonly Turn[]): string {
  const printed = turns.map(({ role, content }) => `{"role":"${role}","content":[${content.map(print)}]}`);
  return `[${printed.join(',')}]`;
}

function print(block: RequestBlock): string {
  if (!('toolUse' in block)) return JSON.stringify(block);
  const { input, ...rest } = block.toolUse;
  return `{"toolUse":${JSON.stringify(rest).slice(0, -1)},"input":${input}}}`;
}

function addUser(message: Members, param: string, gathered: Gathered): void {
  const blocks = encodeParts(message.content, `${param}.content`, gathered);
  append(gathered.turns, 'user', marked(blocks, message, gathered));
}

function addAssistant(message: Members, param: string, gathered: Gathered): void {
  if (message.audio) throw unsupported(`${param}.audio`, 'This model does not speak.');
  if (message.function_call) {
    throw unsupported(`${param}.function_call`, 'Use tool_calls in place of function_call.');
  }
  const texts = encodeParts(message.content, `${param}.content`, gathered, true);
  const refusal = encodeParts(message.refusal, `${param}.refusal`, gathered, true);
  const calls = requireList(message.tool_calls, `${param}.tool_calls`).map((call, index) =>
    encodeCall(call, `${param}.tool_calls[${index}]`),
  );
  for (const { toolUse } of calls) gathered.called.add(toolUse.name);
  const thoughts = thoughtsOf(message.thinking_blocks);
  append(gathered.turns, 'assistant', [
    ...thoughts,
    ...marked([...texts, ...refusal, ...calls], message, gathered),
  ]);
}

function addToolResult(message: Members, param: string, gathered: Gathered): void {
  const id = requireText(message.tool_call_id, `${param}.tool_call_id`);
  const blocks = encodeParts(message.content, `${param}.content`, gathered);
  // A result holds no point of the cache: it stands behind it.
  const points = blocks.filter(isPoint);
  const content = blocks.filter((block) => !isPoint(block));
  const result = { toolResult: { toolUseId: idOf(id), content } };
  append(gathered.turns, 'user', [...marked([result], message, gathered), ...points.slice(0, 1)]);
}

function isPoint(block: RequestBlock): block is CachePointBlock {
  return 'cachePoint' in block;
}

function marked<Block extends RequestBlock>(
  blocks: Block[],
  message: Members,
  { traits }: Gathered,
): (Block | CachePointBlock)[] {
  return withPoint(blocks, message, traits.cachePoints !== 'nowhere');
}

function encodeCall(value: unknown, param: string): ToolUseBlock {
  const { id, name, input } = readCall(value, param);
  return { toolUse: { toolUseId: idOf(id), name, input } };
}

const LONGEST_ID = 64;

/** Other providers' ids hold what Bedrock refuses in one, or are longer. */
function idOf(id: string): string {
  return id.replaceAll(/[^\w-]/g, '_').slice(-LONGEST_ID);
}

function thoughtsOf(blocks: unknown): ReasoningBlock[] {
  return readThoughts(blocks).map((thought) =>
    thought.type === 'thinking'
      ? { reasoningContent: { reasoningText: { text: thought.thinking, signature: thought.signature } } }
      : { reasoningContent: { redactedContent: thought.data } },
  );
}

function append(turns: Turn[], role: Turn['role'], blocks: readonly RequestBlock[]): void {
  if (blocks.length === 0) return;
  const last = turns.at(-1);
  if (last?.role === role) for (const block of blocks) last.content.push(block);
  else turns.push({ role, content: [...blocks] });
}

/** Bedrock refuses a document beside which nothing is said. */
function nameDocuments({ content }: Turn): void {
  const documents = content.flatMap((block) => ('document' in block ? [block.document.name] : []));
  if (documents.length > 0 && !content.some((block) => 'text' in block)) {
    content.push({ text: documents.join(', ') });
  }
}

/** Claude refuses an answer begun for it that ends in white space. */
function endWithText(turns: Turn[]): void {
  const last = turns.at(-1);
  const block = last?.role === 'assistant' ? last.content.at(-1) : undefined;
  if (last && block && 'text' in block) last.content.splice(-1, 1, { text: block.text.trimEnd() });
}
