import type { ChatRequest, JsonRequest, Members, MessagesRequest } from '#contract';
import type { ChatWords, Dialect } from '../spec.js';
import { MessageStream } from './message-stream.js';
import { printMessage } from './print-message.js';
import { readMessages } from './read-messages.js';
import { droppedFrom, readParameters } from './read-parameters.js';
import { readTools } from './read-tools.js';
import { toolInputs } from './tool-inputs.js';

/** Anthropic's Messages, of either version. */
export const messages: Dialect<'messages'> = {
  toChat,
  dropped: (value, words) => droppedFrom(value as MessagesRequest & Members, words),
  fromChat: printMessage,
  openStream: (context) => new MessageStream(context),
};

function toChat({ bytes, value }: JsonRequest<MessagesRequest>, words: ChatWords): ChatRequest {
  const members = value as MessagesRequest & Members;
  const { hasExtensions } = words;
  const reading = { hasExtensions, inputs: toolInputs(bytes) };
  return {
    model: value.model,
    messages: readMessages(value.system, value.messages, reading),
    ...readParameters(members, words),
    ...readTools(members, hasExtensions),
  };
}
