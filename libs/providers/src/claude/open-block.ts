import type { AnswerBlock, BlockDelta, Thought } from './blocks.js';

/** What the blocks of one answer share. */
export interface BlockState {
  /** Name of the tool whose input is the answer; undefined: there is none. */
  readonly answerName: string | undefined;
  /** Calls so far: a call's index counts calls, where Anthropic's counts blocks. */
  calls: number;
  thoughts: number;
  /** Has the tool been called whose input is the answer? */
  isAnswered: boolean;
  /** Texts beside that tool, for an answer that does without it. */
  readonly heldTexts: string[];
}

/** A block on its way: each step gives the deltas that the client should see. */
export interface OpenBlock {
  open(): object[];
  extend(delta: BlockDelta): object[];
  close(): object[];
}

const NOTHING: object[] = [];

/** Undefined: a block of which the client sees nothing, such as the work of Anthropic's own tools. */
export function openBlock(block: AnswerBlock, state: BlockState): OpenBlock | undefined {
  if (block.type === 'text') return state.answerName === undefined ? openText(block) : holdText(block, state);
  if (block.type === 'thinking' || block.type === 'redacted_thinking') return openThought(block, state);
  if (block.type !== 'tool_use') return undefined;
  return block.name === state.answerName ? openAnswer(block, state) : openCall(block, state);
}

function openText({ text }: AnswerBlock): OpenBlock {
  return {
    open: () => contentOf(text),
    extend: (delta) => contentOf(delta.text),
    close: () => NOTHING,
  };
}

function holdText({ text }: AnswerBlock, { heldTexts }: BlockState): OpenBlock {
  const hold = (piece: string | undefined): object[] => {
    if (piece) heldTexts.push(piece);
    return NOTHING;
  };
  return { open: () => hold(text), extend: (delta) => hold(delta.text), close: () => NOTHING };
}

/** A thought goes out as text while it comes, and whole, as Anthropic wants it back, when it is signed. */
function openThought(block: AnswerBlock, state: BlockState): OpenBlock {
  const pieces: string[] = [];
  const signatures: string[] = [];
  const redacted: string[] = [];
  const think = ({ thinking, signature, data }: BlockDelta): object[] => {
    if (signature) signatures.push(signature);
    if (data) redacted.push(data);
    if (!thinking) return NOTHING;
    pieces.push(thinking);
    return [{ reasoning_content: thinking }];
  };
  return {
    open: () => think(block),
    extend: think,
    close: () => {
      const thought: Thought =
        block.type === 'redacted_thinking'
          ? { type: 'redacted_thinking', data: redacted.join('') }
          : { type: 'thinking', thinking: pieces.join(''), signature: signatures.join('') };
      return [{ thinking_blocks: [{ index: state.thoughts++, ...thought }] }];
    },
  };
}

function openCall({ id, name, input }: AnswerBlock, state: BlockState): OpenBlock {
  const index = state.calls++;
  const extend = (text: string): object[] => [{ tool_calls: [{ index, function: { arguments: text } }] }];
  const open = () => [{ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }];
  return { open, ...inputPieces(input, extend) };
}

function openAnswer({ input }: AnswerBlock, state: BlockState): OpenBlock {
  state.isAnswered = true;
  return { open: () => NOTHING, ...inputPieces(input, contentOf) };
}

/** The input comes in pieces, or, of a tool that takes none or was called by a program, all at once. */
function inputPieces(input: unknown, give: (text: string) => object[]): Pick<OpenBlock, 'extend' | 'close'> {
  let isGiven = false;
  return {
    extend: ({ partial_json: text }) => {
      if (!text) return NOTHING;
      isGiven = true;
      return give(text);
    },
    close: () => (isGiven ? NOTHING : give(JSON.stringify(input ?? {}))),
  };
}

function contentOf(text: string | undefined): object[] {
  return text ? [{ content: text }] : NOTHING;
}
