import type { ChatRequest, JsonRequest, Members, ResponsesRequest } from '#contract';
import type { ChatWords, Dialect } from '../spec.js';
import { printResponse } from './print-response.js';
import { readInput } from './read-input.js';
import { droppedFrom, readParameters } from './read-parameters.js';
import { readTools } from './read-tools.js';
import { ResponseStream } from './response-stream.js';

/** OpenAI's Responses. What came before is part of the input here, whoever remembered it. */
export const responses: Dialect<'responses'> = {
  toChat,
  dropped: (value) => droppedFrom(value as ResponsesRequest & Members),
  fromChat: printResponse,
  openStream: (context) => new ResponseStream(context),
};

function toChat({ value }: JsonRequest<ResponsesRequest>, words: ChatWords): ChatRequest {
  const members = value as ResponsesRequest & Members;
  return {
    model: value.model,
    messages: readInput(value.instructions, value.input, words),
    ...readParameters(members),
    ...readTools(members),
  };
}
