import type { ChatRequest, JsonRequest, Members, ResponsesRequest } from '#contract';
import type { ChatWords, Dialect } from '../spec.js';
import { printResponse } from './print-response.js';
import { readInput } from './read-input.js';
import { droppedFrom, readParameters } from './read-parameters.js';
import { readTools } from './read-tools.js';
import { ResponseStream } from './response-stream.js';

/** OpenAI's Responses. What a former response said stands in `input` by now: a chat has no memory. */
export const responses: Dialect<'responses'> = {
  toChat,
  dropped: (value) => droppedFrom(value as ResponsesRequest & Members),
  fromChat: printResponse,
  openStream: (context) => new ResponseStream(context),
};

function toChat({ value }: JsonRequest<ResponsesRequest>, { hasExtensions }: ChatWords): ChatRequest {
  const members = value as ResponsesRequest & Members;
  return {
    model: value.model,
    messages: readInput(value.instructions, value.input, hasExtensions),
    ...readParameters(members),
    ...readTools(members),
  };
}
