import type { DecodeContext } from '../spec.js';
import { asksForUsage } from './encode-request.js';

/** Why an answer ended, in OpenAI's words. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** Prints the chunks of one answer. What is the same in all of them is printed once. */
export class ChunkPrinter {
  private readonly head: string;
  private readonly tail: string;
  private readonly includeUsage: boolean;

  /** @param id of the answer */
  constructor(id: string, context: DecodeContext) {
    const { model, created, request } = context;
    const opening = `data: {"id":${JSON.stringify(id)},"object":"chat.completion.chunk"`;
    this.includeUsage = asksForUsage(request);
    this.head = `${opening},"created":${created},"model":${model.toString()},"choices":[`;
    this.tail = this.includeUsage ? '],"usage":null}\n\n' : ']}\n\n';
  }

  /** The chunk that every answer begins with. */
  role(): Buffer {
    return this.choice('{"role":"assistant","content":"","refusal":null}');
  }

  /** @param logprobs of the delta's text, in OpenAI's shape */
  delta(delta: object, logprobs: object | null = null): Buffer {
    return this.choice(JSON.stringify(delta), 'null', JSON.stringify(logprobs));
  }

  finish(reason: FinishReason): Buffer {
    return this.choice('{}', `"${reason}"`);
  }

  /** The last chunk, for a client that asked for it. @param usage in OpenAI's shape */
  usage(usage: object | undefined): Buffer[] {
    if (!this.includeUsage || !usage) return [];
    return [Buffer.from(`${this.head}],"usage":${JSON.stringify(usage)}}\n\n`)];
  }

  private choice(delta: string, finishReason = 'null', logprobs = 'null'): Buffer {
    const choice = `{"index":0,"delta":${delta},"logprobs":${logprobs},"finish_reason":${finishReason}}`;
    return Buffer.from(`${this.head}${choice}${this.tail}`);
  }
}
