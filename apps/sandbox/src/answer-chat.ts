import { composeAnswer, encodeAnswer, type Stamp } from './answer.js';
import { streamEvents } from './answer-stream.js';
import type { ChatRequest } from './chat-request.js';
import { play, type Streamed, type Whole } from './play.js';
import { type Destination, JSON_TYPE, reply } from './reply.js';
import { PLAIN } from './script.js';

/** Plays the script of a request. */
export async function answerChat(
  request: ChatRequest,
  stamp: Stamp,
  destination: Destination,
): Promise<void> {
  const { script } = request;
  const { response } = destination;
  if (script === PLAIN && !request.stream) {
    reply(response, 200, encodeAnswer(composeAnswer(request, stamp)));
    return;
  }
  await play(script, () => answerOf(request, stamp), destination);
}

function answerOf(request: ChatRequest, stamp: Stamp): Whole | Streamed {
  const answer = composeAnswer(request, stamp);
  if (request.stream && !request.script.badJson) return { events: streamEvents(answer, request) };
  const text = encodeAnswer(answer);
  return { contentType: JSON_TYPE, length: Buffer.byteLength(text), pieces: [text] };
}
