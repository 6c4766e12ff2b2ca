import { readUsage } from '#contract';
import { broken } from '../openai-compatible/decode-stream.js';
import type { DecodeContext, Decoded } from '../spec.js';
import { argumentsIn } from './call-arguments.js';
import { decodeEmbeddedError } from './decode-error.js';
import {
  answerId,
  blockOf,
  callId,
  candidatesOf,
  chatId,
  finishReasonOf,
  logprobsOf,
  partsOf,
  refusalOf,
  signed,
  usageOf,
} from './read-answer.js';
import type { AnswerPart, Candidate, GenerateContentResponse } from './wire.js';

/** What a candidate is made of, gathered part by part. */
interface Gathered {
  readonly texts: string[];
  readonly thoughts: string[];
  readonly images: object[];
  readonly calls: object[];
  signature: string | undefined;
}

/** Gemini's answer as a chat completion. @throws GatewayError when it is none, or an error */
export function decodeChat(body: Buffer, context: DecodeContext): Decoded {
  const answer = parse(body);
  if (answer.error !== undefined) throw decodeEmbeddedError(body);
  const told = usageOf(answer.usageMetadata);
  const choices = choicesOf(answer, body, context);
  const head = JSON.stringify({
    id: chatId(answer, context),
    object: 'chat.completion',
    created: context.created,
  });
  const tail = JSON.stringify({ choices, ...(told && { usage: told }) });
  const text = `${head.slice(0, -1)},"model":${context.model.toString()},${tail.slice(1)}`;
  return { body: Buffer.from(text), usage: readUsage(told) };
}

function choicesOf(answer: GenerateContentResponse, body: Buffer, context: DecodeContext): object[] {
  const candidates = candidatesOf(answer);
  if (candidates.length === 0) {
    const refusal = blockOf(answer);
    if (refusal === undefined) throw broken('The provider answered with something that is not an answer.');
    const message = { role: 'assistant', content: null, refusal };
    return [{ index: 0, message, logprobs: null, finish_reason: 'content_filter' }];
  }
  const args = argumentsIn(body);
  const isSingle = (context.request as { parallel_tool_calls?: unknown }).parallel_tool_calls === false;
  let count = 0;
  return candidates.map((candidate, index) => {
    const nextId = (call: NonNullable<AnswerPart['functionCall']>): string =>
      callId(call, answerId(answer, context), count++);
    const gathered = gather(candidate, args[index] ?? [], nextId, isSingle);
    return {
      index,
      message: printable(gathered, candidate),
      logprobs: logprobsOf(candidate.logprobsResult),
      finish_reason: finishReasonOf(candidate, gathered.calls.length > 0),
    };
  });
}

function gather(
  candidate: Candidate,
  args: readonly (string | undefined)[],
  nextId: (call: NonNullable<AnswerPart['functionCall']>) => string,
  isSingle: boolean,
): Gathered {
  const gathered: Gathered = { texts: [], thoughts: [], images: [], calls: [], signature: undefined };
  partsOf(candidate).forEach((part, index) => {
    const { text, thought, functionCall: call, inlineData, thoughtSignature: signature } = part;
    if (call) {
      if (isSingle && gathered.calls.length > 0) return;
      const called = { name: call.name, arguments: args[index] ?? '{}' };
      gathered.calls.push({ id: nextId(call), type: 'function', function: called, ...signed(signature) });
      return;
    }
    if (signature) gathered.signature = signature;
    if (text) (thought ? gathered.thoughts : gathered.texts).push(text);
    if (inlineData && !thought) gathered.images.push(imageOf(inlineData));
  });
  return gathered;
}

/** A picture that the model drew, where other gateways put it too: OpenAI's wire has no place for it. */
export function imageOf({ mimeType = '', data = '' }: NonNullable<AnswerPart['inlineData']>): object {
  return { type: 'image_url', image_url: { url: `data:${mimeType};base64,${data}` } };
}

function printable({ texts, thoughts, images, calls, signature }: Gathered, candidate: Candidate): object {
  const text = texts.join('');
  const refusal = refusalOf(candidate);
  return {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || refusal !== null) ? null : text,
    refusal,
    ...(thoughts.length > 0 && { reasoning_content: thoughts.join('') }),
    ...(images.length > 0 && { images }),
    ...signed(signature),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function parse(body: Buffer): GenerateContentResponse {
  try {
    const value = JSON.parse(body.toString()) as GenerateContentResponse | null;
    if (value) return Array.isArray(value) ? ((value[0] ?? {}) as GenerateContentResponse) : value;
  } catch {
    // What is no JSON is no answer either.
  }
  throw broken('The provider answered with something that is not JSON.');
}
