import { composeAnswer, type Stamp } from '../answer.js';
import type { StreamEvent } from '../answer-stream.js';
import type { ChatRequest } from '../chat-request.js';
import { errorForStatus, Fault } from '../fault.js';
import { play, type Streamed, type Whole, wholeText } from '../play.js';
import { type Destination, note, reply } from '../reply.js';
import type { Script } from '../script.js';
import type { Call, Wire } from './wire.js';

/** Plays the script of a chat in a wire that is not OpenAI's. */
export async function answerWire(
  wire: Wire,
  call: Call,
  stamp: Stamp,
  destination: Destination,
): Promise<void> {
  const { printError } = wire;
  try {
    const request = wire.read(call);
    note(destination, request);
    await play(request.script, () => answerOf(wire, request, stamp), { ...destination, printError });
  } catch (error) {
    if (!(error instanceof Fault) || destination.response.headersSent) throw error;
    reply(destination.response, error.status, printError(error.status, error.message));
  }
}

function answerOf(wire: Wire, request: ChatRequest, stamp: Stamp): Whole | Streamed {
  const answer = composeAnswer(request, stamp);
  const { script } = request;
  if (!request.stream || script.badJson) return wholeText(wire.printWhole(answer, request));
  const failure = wire.errorEvent(errorForStatus(500).message);
  const events = interrupt(wire.printEvents(answer, request), script, failure);
  return { events, ...(wire.framing && { framing: wire.framing }) };
}

/** The events up to where the script wants an error. */
function* interrupt(
  events: Iterable<StreamEvent>,
  { errorFirst, errorAfter }: Readonly<Script>,
  failure: StreamEvent,
): Generator<StreamEvent> {
  if (errorFirst) return yield failure;
  let written = 0;
  for (const event of events) {
    const isAfterOpening = event.phase === 'content' || event.phase === 'close';
    if (isAfterOpening && written === errorAfter) return yield failure;
    if (event.phase === 'content') written++;
    yield event;
  }
}
