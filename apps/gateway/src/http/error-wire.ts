import type { FastifyRequest } from 'fastify';
import { responsesErrorEvent } from '#contract';
import type { GatewayError } from '#contract';
import { messagesErrorBody, messagesErrorEvent } from '#dialects';

/** How a client's wire tells of an error. */
export interface ErrorWire {
  body(error: GatewayError, requestId: string): object;
  /** In the middle of a stream. */
  event(error: GatewayError, requestId: string): string;
}

const CHAT: ErrorWire = {
  body: (error) => error.toBody(),
  event: (error) => `data: ${JSON.stringify(error.toBody())}\n\n`,
};
const MESSAGES: ErrorWire = { body: messagesErrorBody, event: messagesErrorEvent };
const RESPONSES: ErrorWire = { ...CHAT, event: (error) => responsesErrorEvent(error, 0) };

/** Anthropic's SDK reads the id of a request in a header of another name. */
export function isOfMessages({ route }: FastifyRequest): boolean {
  return route?.includes('/v1/messages') ?? false;
}

/** By the path of the endpoint: also who is refused before it is reached is told so in the words it came with. */
export function errorWireOf(request: FastifyRequest): ErrorWire {
  if (isOfMessages(request)) return MESSAGES;
  return request.route?.includes('/v1/responses') ? RESPONSES : CHAT;
}
