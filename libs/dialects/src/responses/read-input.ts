import { invalid, requireList, requireObject, requireText, unsupported } from '#contract';
import type { ChatMessage, Members } from '#contract';
import { contentOf, readParts } from './read-parts.js';
import type { Said } from './read-parts.js';
import { openThoughts } from './thoughts.js';

/** Between what several parts of one speaker say. */
const PARAGRAPH = '\n\n';

/** An assistant's message while its items come: its calls, and the thoughts before them, are items of their own. */
interface Turn {
  readonly role: 'assistant';
  content: unknown;
  tool_calls?: Said[];
  thinking_blocks?: readonly Members[];
}

type Add = (gathered: Gathered, item: Members, param: string) => void;

const ITEMS: ReadonlyMap<unknown, Add> = new Map<unknown, Add>([
  [undefined, addMessage],
  ['message', addMessage],
  ['function_call', addCall],
  ['function_call_output', addOutput],
  ['reasoning', (gathered, item) => gathered.think(item)],
]);

/** Instructions and input as the messages of a chat. @throws GatewayError that names the item */
export function readInput(instructions: unknown, input: unknown, hasExtensions: boolean): ChatMessage[] {
  const gathered = new Gathered(hasExtensions);
  if (typeof instructions === 'string') gathered.add({ role: 'system', content: instructions });
  if (typeof input === 'string') gathered.add({ role: 'user', content: input });
  else requireList(input, 'input').forEach((value, index) => addItem(gathered, value, `input[${index}]`));
  return gathered.messages();
}

/** What was read so far. */
class Gathered {
  private readonly said: object[] = [];
  private thoughts: readonly Members[] = [];
  /** What the user is to be shown behind the results of tools, which are texts. */
  private shown: Said[] = [];
  private turn: Turn | undefined;

  constructor(private readonly hasExtensions: boolean) {}

  add(message: object): void {
    this.show();
    this.turn = undefined;
    this.said.push(message);
  }

  /** Thoughts belong to what the assistant says next. */
  think({ encrypted_content: sealed }: Members): void {
    if (!this.hasExtensions) return;
    this.thoughts = [...this.thoughts, ...openThoughts(sealed)];
    if (this.thoughts.length > 0) this.turn = undefined;
  }

  /** The assistant's message, the one that is being gathered where there is one. */
  assistant(): Turn {
    if (this.turn) return this.turn;
    this.show();
    const turn: Turn = { role: 'assistant', content: null };
    if (this.thoughts.length > 0) turn.thinking_blocks = this.thoughts;
    this.thoughts = [];
    this.turn = turn;
    this.said.push(turn);
    return turn;
  }

  result(message: object, shown: readonly Said[]): void {
    this.turn = undefined;
    this.said.push(message);
    this.shown.push(...shown);
  }

  messages(): ChatMessage[] {
    this.show();
    return this.said as ChatMessage[];
  }

  private show(): void {
    if (this.shown.length > 0) this.said.push({ role: 'user', content: this.shown });
    this.shown = [];
  }
}

function addItem(gathered: Gathered, value: unknown, param: string): void {
  const item = requireObject(value, param);
  const add = ITEMS.get(item.type);
  if (!add) throw unsupported(param, `This model takes no item of the type '${String(item.type)}'.`);
  add(gathered, item, param);
}

function addMessage(gathered: Gathered, { role, content }: Members, param: string): void {
  const parts = readParts(content, `${param}.content`);
  if (role === 'assistant') {
    const turn = gathered.assistant();
    // One that has called tools has said what it had to say.
    if (turn.content !== null || turn.tool_calls) gathered.add({ role, content: contentOf(parts, '') });
    else turn.content = contentOf(parts, '');
    return;
  }
  if (role === 'system' || role === 'developer') {
    return gathered.add({ role, content: contentOf(parts, PARAGRAPH) });
  }
  if (role !== 'user') throw invalid(`${param}.role`, `There is no role '${String(role)}'.`);
  gathered.add({ role, content: parts.length > 1 ? parts : contentOf(parts, '') });
}

function addCall(gathered: Gathered, item: Members, param: string): void {
  const call = {
    id: requireText(item.call_id, `${param}.call_id`),
    type: 'function',
    function: {
      name: requireText(item.name, `${param}.name`),
      arguments: requireText(item.arguments ?? '', `${param}.arguments`),
    },
  };
  (gathered.assistant().tool_calls ??= []).push(call);
}

function addOutput(gathered: Gathered, item: Members, param: string): void {
  const id = requireText(item.call_id, `${param}.call_id`);
  const parts = readParts(item.output, `${param}.output`);
  const texts = parts.filter(({ type }) => type === 'text');
  const content = texts.map(({ text }) => text).join('\n');
  gathered.result(
    { role: 'tool', tool_call_id: id, content },
    parts.filter(({ type }) => type !== 'text'),
  );
}
