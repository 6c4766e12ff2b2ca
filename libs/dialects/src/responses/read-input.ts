import {
  GatewayError,
  invalid,
  openThought,
  requireList,
  requireObject,
  requireText,
  unsupported,
} from '#contract';
import type { ChatMessage } from '#contract';
import type { ChatWords } from '../spec.js';
import { contentOf, isText, readParts } from './read-parts.js';
import type { Said } from './wire.js';

/** Between the texts of one who instructs, and of a tool's answer. */
const PARAGRAPH = '\n\n';
const LINE = '\n';

/** An assistant's turn, which is several items here and one message in a chat. */
interface Turn {
  readonly texts: Said[];
  readonly calls: Said[];
  readonly thoughts: readonly Said[];
  /** What its provider signed it with. */
  readonly signature?: unknown;
}

/** What is told, and what was said so far, as the messages of a chat. @throws GatewayError that names the item */
export function readInput(instructions: unknown, input: unknown, words: ChatWords): ChatMessage[] {
  const conversation = new Conversation(words);
  const told = requireText(instructions ?? '', 'instructions');
  if (told !== '') conversation.say({ role: 'system', content: told });
  if (typeof input === 'string') readMessage({ role: 'user', content: input }, 'input', conversation);
  else requireList(input, 'input').forEach((item, index) => readItem(item, `input[${index}]`, conversation));
  const messages = conversation.end();
  if (messages.length > 0) return messages;
  throw new GatewayError('missing_required_parameter', {
    param: 'input',
    message: "Say something in 'input'.",
  });
}

function readItem(value: unknown, param: string, conversation: Conversation): void {
  const item = requireObject(value, param);
  const { type = 'message' } = item;
  if (type === 'message') readMessage(item, param, conversation);
  else if (type === 'function_call') conversation.call(readCall(item, param));
  else if (type === 'function_call_output') readOutput(item, param, conversation);
  else if (type === 'reasoning') conversation.think(openThought(item.encrypted_content));
  else throw unsupported(param, `This model takes no item of the type '${String(type)}'.`);
}

function readMessage({ role, content }: Said, param: string, conversation: Conversation): void {
  const parts = readParts(content, `${param}.content`);
  if (role === 'assistant') return conversation.answer(parts);
  if (role === 'user') {
    const said = parts.length === 1 ? contentOf(parts, '') : parts;
    return parts.length > 0 ? conversation.say({ role, content: said }) : undefined;
  }
  if (role !== 'system' && role !== 'developer') {
    throw invalid(`${param}.role`, `There is no role '${String(role)}'.`);
  }
  const said = contentOf(parts, PARAGRAPH);
  if (said !== undefined) conversation.say({ role, content: said });
}

/** The arguments are the text that they are in a chat. */
function readCall({ call_id: id, name, arguments: given }: Said, param: string): Said {
  return {
    id: requireText(id, `${param}.call_id`),
    type: 'function',
    function: {
      name: requireText(name, `${param}.name`),
      arguments: requireText(given ?? '', `${param}.arguments`),
    },
  };
}

function readOutput({ call_id: id, output }: Said, param: string, conversation: Conversation): void {
  conversation.result(requireText(id, `${param}.call_id`), readParts(output, `${param}.output`));
}

/** Puts messages together out of items. */
class Conversation {
  private readonly messages: ChatMessage[] = [];
  private turn: Turn | undefined;
  /** Thoughts that what the assistant says, or calls, next came from. */
  private thoughts: Said[] = [];
  /** What tools have shown, and the chat's tools cannot. */
  private shown: Said[] = [];
  /** Signatures of calls that are still to come, by their ids. */
  private readonly signatures = new Map<unknown, unknown>();

  constructor(private readonly words: ChatWords) {}

  say(message: Said): void {
    this.end().push(message as ChatMessage);
  }

  answer(parts: readonly Said[]): void {
    // What is said behind a call belongs to its turn: the results must follow their calls.
    if (this.turn === undefined || this.turn.calls.length === 0) this.end();
    this.open().texts.push(...parts);
  }

  call(call: Said): void {
    const signature = this.signatures.get(call.id);
    this.open().calls.push(signature === undefined ? call : { ...call, extra_content: signature });
  }

  think(thought: Said | undefined): void {
    if (thought?.type === 'signature') this.sign(thought);
    else if (thought) this.thoughts.push(thought);
  }

  /** Of a call that comes, or of what was said last. */
  private sign({ call_id: id, extra_content: signature }: Said): void {
    if (!this.words.hasSignatures) return;
    if (id !== undefined) this.signatures.set(id, signature);
    else if (this.turn) this.turn = { ...this.turn, signature };
  }

  /** A chat's tools answer in text: their images are shown by the user, behind the last of them. */
  result(id: string, parts: readonly Said[]): void {
    this.closeTurn();
    if (!this.words.hasExtensions) this.shown.push(...parts.filter((part) => !isText(part)));
    const content = contentOf(this.words.hasExtensions ? parts : parts.filter(isText), LINE) ?? '';
    this.messages.push({ role: 'tool', tool_call_id: id, content } as ChatMessage);
  }

  /** The messages so far. */
  end(): ChatMessage[] {
    this.closeTurn();
    const { shown } = this;
    this.shown = [];
    if (shown.length > 0) this.messages.push({ role: 'user', content: shown });
    return this.messages;
  }

  private open(): Turn {
    if (this.turn) {
      this.turn = { ...this.turn, thoughts: [...this.turn.thoughts, ...this.takeThoughts()] };
      return this.turn;
    }
    this.end();
    this.turn = { texts: [], calls: [], thoughts: this.takeThoughts() };
    return this.turn;
  }

  private takeThoughts(): readonly Said[] {
    const { thoughts } = this;
    this.thoughts = [];
    return thoughts;
  }

  private closeTurn(): void {
    const { turn } = this;
    this.turn = undefined;
    if (!turn) return;
    const { texts, calls, thoughts, signature } = turn;
    const message = {
      role: 'assistant',
      content: contentOf(texts, '') ?? (calls.length > 0 ? null : ''),
      ...(calls.length > 0 && { tool_calls: calls }),
      ...(this.words.hasExtensions && thoughts.length > 0 && { thinking_blocks: thoughts }),
      ...(signature !== undefined && { extra_content: signature }),
    };
    this.messages.push(message);
  }
}
