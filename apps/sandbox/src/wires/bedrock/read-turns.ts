import { Fault } from '../../fault.js';
import * as rules from '../rules.js';

/** Members of what a block holds, by its one member. */
const BLOCKS: Readonly<Record<string, rules.Names>> = {
  image: ['format!', 'source!'],
  document: ['format!', 'name!', 'source!', 'context', 'citations'],
  toolUse: ['toolUseId!', 'name!', 'input!'],
  toolResult: ['toolUseId!', 'content!', 'status'],
  reasoningContent: ['reasoningText', 'redactedContent'],
  cachePoint: ['type!', 'ttl'],
};
const BY_ROLE: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image', 'document', 'toolResult', 'cachePoint'],
  assistant: ['text', 'toolUse', 'reasoningContent', 'cachePoint'],
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
      throw new Fault('A conversation must alternate between user and assistant roles, user first.');
    last = role;
    const blocks = rules
      .requireItems(content, `${at}.content`)
      .map((block, place) => readBlock(block, `${at}.content.${place}`, BY_ROLE[String(role)] ?? []));
    const results = idsOf(blocks, 'toolResult');
    if (role === 'user') rules.checkResults(calls, results, at);
    calls = idsOf(blocks, 'toolUse');
    const texts = blocks.map((block) => ({ type: 'text', ...block }));
    return { role: results.length > 0 ? 'tool' : role, content: texts };
  });
  if (calls.length > 0) throw new Fault('Expected toolResult blocks behind toolUse blocks.');
  return turns;
}

function idsOf(blocks: readonly rules.Members[], member: string): unknown[] {
  return blocks.flatMap((block) => (block[member] as rules.Members | undefined)?.['toolUseId'] ?? []);
}

/** A block is an object with one member, which says what it is. */
function readBlock(value: unknown, at: string, kinds: readonly string[]): rules.Members {
  const block = rules.requireMembers(value, at, kinds);
  const [kind, ...others] = Object.keys(block);
  if (kind === undefined || others.length > 0) throw new Fault(`${at}: exactly one member is required`);
  if (kind === 'text') {
    rules.requireText(block['text'], `${at}.text`);
    return block;
  }
  const held = rules.requireMembers(block[kind], `${at}.${kind}`, BLOCKS[kind] ?? []);
  if (held['source'] !== undefined) checkSource(held['source'], `${at}.${kind}.source`);
  if (kind === 'toolUse' && !CALL_ID.test(String(held['toolUseId'])))
    throw new Fault(`${at}.toolUse.toolUseId: invalid`);
  if (kind === 'toolResult')
    for (const [place, part] of rules.requireItems(held['content'], `${at}.content`).entries())
      readBlock(part, `${at}.content.${place}`, ['text', 'image', 'document', 'cachePoint']);
  return block;
}

function checkSource(value: unknown, at: string): void {
  const { bytes } = rules.requireMembers(value, at, ['bytes', 's3Location']);
  if (bytes !== undefined && !/^[A-Za-z0-9+/]+=*$/.test(String(bytes)))
    throw new Fault(`${at}.bytes: invalid base64 data`);
}
