import type { SseEvent, Usage } from '#contract';
import { ChunkPrinter } from '../openai-compatible/chunk-printer.js';
import { broken, hasContent } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, StreamDecoder } from '../spec.js';
import { argumentsIn } from './call-arguments.js';
import { imageOf } from './decode-chat.js';
import { decodeEmbeddedError } from './decode-error.js';
import { OpenCalls } from './open-calls.js';
import {
  answerId,
  blockOf,
  candidatesOf,
  chatId,
  countOf,
  finishReasonOf,
  logprobsOf,
  partsOf,
  refusalOf,
  signed,
  usageOf,
} from './read-answer.js';
import type { AnswerPart, Candidate, GenerateContentResponse, UsageMetadata } from './wire.js';

const NOTHING: Buffer[] = [];

/** Gemini's events, each an answer of its own with the next parts, as the chunks of a chat completion. */
export class ContentDecoder implements StreamDecoder {
  hasContent = false;
  isComplete = false;
  readonly ending = 'data: [DONE]\n\n';
  private begun: { readonly printer: ChunkPrinter; readonly calls: OpenCalls } | undefined;
  private isSpoken = false;
  private told: UsageMetadata | undefined;
  /** The candidate that said why it ends; undefined: none did. */
  private last: Candidate | undefined;
  private images = 0;

  constructor(private readonly context: DecodeContext) {}

  get usage(): Usage | undefined {
    return countOf(this.told);
  }

  push({ data }: SseEvent): Buffer[] {
    if (this.isComplete || data.length === 0) return NOTHING;
    const answer = parse(data);
    if (answer.error !== undefined) throw decodeEmbeddedError(data);
    this.begin(answer);
    if (usageOf(answer.usageMetadata)) this.told = answer.usageMetadata;
    const [candidate] = candidatesOf(answer);
    if (!candidate) return this.block(answer);
    const chunks = this.extend(candidate, data);
    if (candidate.finishReason) this.finish(candidate);
    return chunks;
  }

  /** The reason to end is told with the last event, and by older models with every one: the end tells which it was. */
  end(): Buffer[] {
    if (this.isComplete) return NOTHING;
    const { last, begun } = this;
    if (!last || !begun) throw broken('The provider ended the stream before the answer was complete.');
    const { printer, calls } = begun;
    const reason = finishReasonOf(last, calls.count > 0);
    const refusal = refusalOf(last);
    const closed = this.print([...calls.close(), ...(refusal === null ? [] : [{ refusal }])]);
    this.isComplete = true;
    return [...closed, printer.finish(reason), ...printer.usage(usageOf(this.told))];
  }

  private begin(answer: GenerateContentResponse): void {
    if (this.begun) return;
    const { context } = this;
    const isSingle = (context.request as { parallel_tool_calls?: unknown }).parallel_tool_calls === false;
    const printer = new ChunkPrinter(chatId(answer, context), context);
    this.begun = { printer, calls: new OpenCalls(answerId(answer, context), isSingle) };
  }

  /** A prompt that was blocked has no candidate, and no more than this event. */
  private block(answer: GenerateContentResponse): Buffer[] {
    const refusal = blockOf(answer);
    if (refusal === undefined) return NOTHING;
    this.finish({ finishReason: 'SAFETY' });
    return this.print([{ refusal }]);
  }

  private extend(candidate: Candidate, data: Buffer): Buffer[] {
    const parts = partsOf(candidate);
    const [args = []] = parts.some(({ functionCall }) => functionCall) ? argumentsIn(data) : [];
    const deltas = parts.flatMap((part, index) => this.deltasOf(part, args[index]));
    return this.print(deltas, logprobsOf(candidate.logprobsResult));
  }

  private deltasOf(part: AnswerPart, args: string | undefined): object[] {
    const { text, thought, functionCall: call, inlineData, thoughtSignature: signature } = part;
    if (call) return this.begun?.calls.take(call, args, signature) ?? [];
    const said = text ? (thought ? { reasoning_content: text } : { content: text }) : {};
    const drawn =
      inlineData && !thought ? { images: [{ index: this.images++, ...imageOf(inlineData) }] } : {};
    const delta = { ...said, ...drawn, ...signed(signature) };
    return Object.keys(delta).length > 0 ? [delta] : [];
  }

  private finish(candidate: Candidate): void {
    this.last = candidate;
    this.hasContent = true;
  }

  /** The role goes out with the first content and not before it: until then another target may still answer. */
  private print(deltas: readonly object[], logprobs: object | null = null): Buffer[] {
    const printer = this.begun?.printer;
    if (!printer || (deltas.length === 0 && !this.hasContent)) return NOTHING;
    this.hasContent ||= deltas.some(hasContent);
    const printed = deltas.map((delta, index) => printer.delta(delta, index === 0 ? logprobs : null));
    if (this.isSpoken) return printed;
    this.isSpoken = true;
    return [printer.role(), ...printed];
  }
}

function parse(data: Buffer): GenerateContentResponse {
  try {
    const value = JSON.parse(data.toString()) as GenerateContentResponse | null;
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // What is no JSON is no event either.
  }
  throw broken('The provider sent an event that is not JSON.');
}
