import { argumentsOf } from './read-answer.js';
import type { ToolCall } from './wire.js';

const NOTHING: object[] = [];
const NONE = 'null';

/** A call on its way: each step gives the deltas that the client should see. */
export class OpenCall {
  /** What may still be Cohere's word for a call without arguments. */
  private held: string | undefined = '';

  constructor(private readonly index: number) {}

  open({ id, function: called }: ToolCall): object[] {
    const { name, arguments: text } = called;
    const opened = { index: this.index, id, type: 'function', function: { name, arguments: '' } };
    return [{ tool_calls: [opened] }, ...this.extend(text ?? '')];
  }

  extend(text: string): object[] {
    if (this.held === undefined) return text === '' ? NOTHING : this.give(text);
    this.held += text;
    if (NONE.startsWith(this.held.trim())) return NOTHING;
    const held = this.held;
    this.held = undefined;
    return this.give(held);
  }

  close(): object[] {
    if (this.held === undefined) return NOTHING;
    const held = this.held;
    this.held = undefined;
    return this.give(argumentsOf(held));
  }

  private give(text: string): object[] {
    return [{ tool_calls: [{ index: this.index, function: { arguments: text } }] }];
  }
}
