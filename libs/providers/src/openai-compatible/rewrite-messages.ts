import { JsonMembers, isObject, objectSpans, splice } from '#contract';
import type { Edit, Members } from '#contract';
import type { Rewrite } from './rewrite-members.js';

/** What a provider wants otherwise in the messages of a chat. */
export interface MessageRules {
  /** Members of a message that the provider refuses, and that say nothing of what the answer should be. */
  readonly dropInMessages?: readonly string[];
  /** OpenAI's names of who speaks to the provider's own. */
  readonly roles?: Readonly<Record<string, string>>;
  /** The id of a tool call in the form that the provider insists on: of one id always the same, as it is where it fits. */
  readonly shapeCallId?: (id: string) => string;
}

const NOTHING = Buffer.alloc(0);
const QUOTE = 0x22;

const chats = new JsonMembers(['messages']);
const messages = new JsonMembers(['role', 'tool_call_id', 'tool_calls']);
const calls = new JsonMembers(['id']);

/** A function that rewrites messages which need it, and leaves every other byte as it came. */
export function compileMessages({ dropInMessages = [], roles = {}, shapeCallId }: MessageRules): Rewrite {
  const cuts = dropInMessages.map((name) => ({ name, members: new JsonMembers([name]) }));
  const ownRoles = new Map(Object.entries(roles));
  const shape = shapeCallId ?? ((id) => id);

  return (body, value) => {
    const { messages: given } = value as { messages?: unknown };
    const said: unknown[] = Array.isArray(given) ? given : [];
    const isOther = said.some((message) => isObject(message) && hasOtherWords(message));
    let rewritten = isOther ? editEach(body, wordEdits) : body;
    for (const { name, members } of cuts) {
      if (!said.some((message) => isObject(message) && Object.hasOwn(message, name))) continue;
      rewritten = editEach(rewritten, (text, start, end) => {
        members.read(text, start, end);
        return members.start(name) < 0 ? [] : [{ ...members.spanOf(name), text: NOTHING }];
      });
    }
    return rewritten;
  };

  function hasOtherWords({ role, tool_call_id: id, tool_calls: made }: Members): boolean {
    if (ownRoles.has(role as string)) return true;
    if (!shapeCallId) return false;
    const ids: unknown[] = [
      id,
      ...(Array.isArray(made) ? made.map((call: unknown) => isObject(call) && call.id) : []),
    ];
    return ids.some((one) => typeof one === 'string' && shape(one) !== one);
  }

  function wordEdits(body: Buffer, start: number, end: number): Edit[] {
    messages.read(body, start, end);
    const list = objectSpans(body, messages.start('tool_calls'), messages.end('tool_calls'));
    const ids = list.flatMap((call) => {
      calls.read(body, call.start, call.end);
      return rewordAt(body, calls.start('id'), calls.end('id'), shape);
    });
    const edits = [
      ...rewordAt(body, messages.start('role'), messages.end('role'), (role) => ownRoles.get(role) ?? role),
      ...rewordAt(body, messages.start('tool_call_id'), messages.end('tool_call_id'), shape),
      ...ids,
    ];
    return edits.sort((one, other) => one.start - other.start);
  }
}

function editEach(body: Buffer, edits: (body: Buffer, start: number, end: number) => Edit[]): Buffer {
  if (!chats.read(body)) return body;
  const spans = objectSpans(body, chats.start('messages'), chats.end('messages'));
  return splice(
    body,
    spans.flatMap(({ start, end }) => edits(body, start, end)),
  );
}

/** Another word in place of the text in `[start, end)`, where it is another. */
function rewordAt(body: Buffer, start: number, end: number, reword: (word: string) => string): Edit[] {
  if (start < 0 || body[start] !== QUOTE) return [];
  const word = JSON.parse(body.toString('utf8', start, end)) as string;
  const own = reword(word);
  return own === word ? [] : [{ start, end, text: Buffer.from(JSON.stringify(own)) }];
}
