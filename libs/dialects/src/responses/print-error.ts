import type { GatewayError } from '#contract';

/** The event that tells of an error in the middle of a stream. Clients read its members at either place. */
export function responsesErrorEvent(error: GatewayError, sequenceNumber: number): string {
  const body = error.toBody();
  const { code, message, param } = body.error;
  const event = { type: 'error', sequence_number: sequenceNumber, code, message, param, ...body };
  return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
}
