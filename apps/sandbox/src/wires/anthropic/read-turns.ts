import { Fault } from '../../fault.js';
import * as rules from '../rules.js';

const SOURCE = ['type!', 'url', 'media_type', 'data', 'file_id'];
/** Members of a block, by its type. */
const BLOCKS: ReadonlyMap<unknown, rules.Names> = new Map<unknown, rules.Names>([
  ['text', ['text!', 'citations']],
  ['image', ['source!']],
  ['document', ['source!', 'title', 'context', 'citations']],
  ['tool_use', ['id!', 'name!', 'input!', 'caller']],
  ['tool_result', ['tool_use_id!', 'content', 'is_error']],
  ['thinking', ['thinking!', 'signature!']],
  ['redacted_thinking', ['data!']],
]);
const BY_ROLE: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image', 'document', 'tool_result'],
  assistant: ['text', 'tool_use', 'thinking', 'redacted_thinking'],
};
const CALL_ID = /^[\w-]+$/;

/** Turns as messages of OpenAI; one that brings results is the tool's. @throws Fault */
export function readTurns(given: unknown): object[] {
  let calls: unknown[] = [];
  let last: unknown;
  const turns = rules.requireItems(given, 'messages').map((value, index) => {
    const at = `messages.${index}`;
    const { role, content } = rules.requireMembers(value, at, ['role!', 'content!']);
    rules.requireWord(role, `${at}.role`, Object.keys(BY_ROLE));
    if (role === last || (index === 0 && role !== 'user'))
      throw new Fault('messages: roles must alternate between "user" and "assistant", "user" first');
    last = role;
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    const read = rules
      .requireItems(blocks, `${at}.content`)
      .map((block, place) => readBlock(block, `${at}.content.${place}`, String(role)));
    const results = idsOf(read, 'tool_use_id');
    if (role === 'user') rules.checkResults(calls, results, at);
    calls = idsOf(read, 'id');
    return { role: results.length > 0 ? 'tool' : role, content: read };
  });
  if (calls.length > 0) throw new Fault('messages: `tool_use` blocks without `tool_result` behind them');
  return turns;
}

function idsOf(blocks: readonly rules.Members[], member: string): unknown[] {
  return blocks.flatMap((block) => block[member] ?? []);
}

function readBlock(value: unknown, at: string, role: string): rules.Members {
  const type = (value as { type?: unknown } | null)?.type;
  rules.requireWord(type, `${at}.type`, BY_ROLE[role] ?? []);
  const block = rules.requireMembers(value, at, ['type!', 'cache_control', ...(BLOCKS.get(type) ?? [])]);
  if (type === 'text') rules.requireText(block['text'], `${at}.text`);
  if (type === 'thinking') rules.requireText(block['signature'], `${at}.signature`);
  if (block['source'] !== undefined) checkSource(block['source'], `${at}.source`);
  if (type === 'tool_use') {
    if (!CALL_ID.test(String(block['id']))) throw new Fault(`${at}.id: String should match pattern`);
    if (typeof block['input'] !== 'object') throw new Fault(`${at}.input: Input should be an object`);
  }
  if (Array.isArray(block['content']))
    for (const [place, part] of block['content'].entries()) readBlock(part, `${at}.content.${place}`, 'user');
  return block;
}

function checkSource(value: unknown, at: string): void {
  const source = rules.requireMembers(value, at, SOURCE);
  const type = rules.requireWord(source['type'], `${at}.type`, ['url', 'base64', 'text', 'file']);
  if (type === 'url' && !/^https?:/.test(String(source['url'])))
    throw new Fault(`${at}.url: Only HTTPS URLs`);
  if (type !== 'base64') return;
  rules.requireText(source['media_type'], `${at}.media_type`);
  if (!/^[A-Za-z0-9+/]+=*$/.test(String(source['data']))) throw new Fault(`${at}.data: invalid base64 data`);
}
