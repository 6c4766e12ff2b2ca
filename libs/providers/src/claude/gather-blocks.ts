import type { AnswerBlock, Thought } from './blocks.js';

/** What an answer is made of, gathered block by block. */
export interface Gathered {
  readonly texts: string[];
  readonly thoughts: Thought[];
  readonly calls: object[];
  /** The input of the tool that stands for the answer. */
  answer: string | undefined;
}

/**
 * @param inputs of tools as they stand in the text, by the index of the block
 * @param answerName of the tool whose input is the answer; undefined: there is none
 */
export function gatherBlocks(
  content: readonly AnswerBlock[],
  inputs: readonly (string | undefined)[],
  answerName: string | undefined,
): Gathered {
  const gathered: Gathered = { texts: [], thoughts: [], calls: [], answer: undefined };
  content.forEach((block, index) => {
    const { type, text, thinking = '', signature = '', data = '', id, name } = block;
    if (type === 'text') gathered.texts.push(text ?? '');
    if (type === 'thinking') gathered.thoughts.push({ type, thinking, signature });
    if (type === 'redacted_thinking') gathered.thoughts.push({ type, data });
    if (type !== 'tool_use') return;
    const input = inputs[index] ?? JSON.stringify(block.input ?? {});
    if (name === answerName) gathered.answer = input;
    else gathered.calls.push({ id, type: 'function', function: { name, arguments: input } });
  });
  return gathered;
}

/** The message of a chat completion. */
export function messageOf({ texts, thoughts, calls, answer }: Gathered, refusal: string | null): object {
  const text = answer ?? texts.join('');
  const thinking = thoughts.map((thought) => (thought.type === 'thinking' ? thought.thinking : '')).join('');
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== null) ? null : text,
    refusal,
    ...(thinking !== '' && { reasoning_content: thinking }),
    ...(thoughts.length > 0 && { thinking_blocks: thoughts }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}
