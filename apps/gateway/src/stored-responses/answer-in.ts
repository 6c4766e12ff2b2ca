import { JsonMembers } from '#contract';
import type { Reply } from '#contract';

const events = new JsonMembers(['response']);
const DATA = 'data: ';

/** The response in a piece of an answer: a whole body is one, and the last event of a stream holds one. */
export function answerIn(reply: Reply): Buffer | undefined {
  if (reply.kind === 'whole') return reply.body;
  if (reply.kind !== 'end') return undefined;
  const from = reply.text.indexOf(DATA);
  if (from < 0) return undefined;
  const json = Buffer.from(reply.text.slice(from + DATA.length).trimEnd());
  if (!events.read(json) || events.start('response') < 0) return undefined;
  return json.subarray(events.start('response'), events.end('response'));
}
