import { Fault } from '../../fault.js';
import * as rules from '../rules.js';

/** Members of a message, by who speaks. */
const ROLES: Readonly<Record<string, rules.Names>> = {
  system: ['content!'],
  user: ['content!'],
  assistant: ['content', 'tool_plan', 'tool_calls', 'citations'],
  tool: ['tool_call_id!', 'content!'],
};
/** Members of a part of a message. */
const PARTS: Readonly<Record<string, rules.Names>> = {
  text: ['text!'],
  image_url: ['image_url!'],
  thinking: ['thinking!'],
  document: ['document!'],
};
const BY_ROLE: Readonly<Record<string, readonly string[]>> = {
  system: ['text'],
  user: ['text', 'image_url'],
  assistant: ['text', 'thinking'],
  tool: ['text', 'document'],
};

/** Messages, which are as OpenAI's. @throws Fault */
export function readMessages(given: unknown): unknown[] {
  let calls: unknown[] = [];
  let results: unknown[] = [];
  const messages = rules.requireItems(given, 'messages').map((value, index) => {
    const at = `messages[${index}]`;
    const role = rules.requireWord(
      (value as { role?: unknown } | null)?.role,
      `${at}.role`,
      Object.keys(ROLES),
    );
    const message = rules.requireMembers(value, at, ['role!', ...(ROLES[role] ?? [])]);
    checkContent(message['content'], `${at}.content`, role);
    if (role === 'tool') results.push(message['tool_call_id']);
    else {
      rules.checkResults(calls, results, at);
      results = [];
      calls = rules
        .itemsOf(message['tool_calls'], `${at}.tool_calls`)
        .map((call, place) => readCall(call, `${at}.tool_calls[${place}]`));
    }
    if (role === 'assistant' && calls.length === 0 && !message['content'])
      throw new Fault(`${at}: an assistant message must have content or tool_calls`);
    return message;
  });
  rules.checkResults(calls, results, 'messages');
  return messages;
}

function readCall(value: unknown, at: string): unknown {
  const { id, function: called } = rules.requireMembers(value, at, ['id!', 'type!', 'function!']);
  const names = ['name!', 'arguments!'];
  const { arguments: text } = rules.requireMembers(called, `${at}.function`, names);
  rules.requireJsonObject(text, `${at}.function.arguments`);
  return id;
}

function checkContent(content: unknown, at: string, role: string): void {
  if (content === undefined || typeof content === 'string') return;
  for (const [index, part] of rules.requireItems(content, at).entries()) {
    const place = `${at}[${index}]`;
    const type = rules.requireWord(
      (part as { type?: unknown } | null)?.type,
      `${place}.type`,
      BY_ROLE[role] ?? [],
    );
    const { image_url: image } = rules.requireMembers(part, place, ['type!', ...(PARTS[type] ?? [])]);
    if (type !== 'image_url') continue;
    const { url } = rules.requireMembers(image, `${place}.image_url`, ['url!', 'detail']);
    if (!/^(https?:\/\/|data:image\/)/.test(String(url)))
      throw new Fault(`${place}.image_url.url: invalid URL`);
  }
}
