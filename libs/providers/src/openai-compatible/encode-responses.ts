import { GatewayError, JsonMembers, SEAL, isObject, objectSpans, splice, unsupported } from '#contract';
import type { History, Members, ResponsesRequest, Target, WireRequest } from '#contract';
import { jsonIn } from '../upstream-body.js';
import { encodeRequest } from './encode-request.js';

const members = new JsonMembers(['input', 'previous_response_id']);
const thoughts = new JsonMembers(['encrypted_content']);
const NOTHING = Buffer.alloc(0);
const SEALED = Buffer.from(`"${SEAL}`);

/**
 * The client's bytes. Whoever does not know what came before by its id is told all of it, in place of the id.
 *
 * @throws GatewayError
 */
export function encodeResponses(request: WireRequest<ResponsesRequest>, target: Target): Buffer {
  if (request.upload) throw new GatewayError('unsupported_media_type');
  const { history, value } = request;
  const { conversation } = value as ResponsesRequest & Members;
  // It is the account's: any key of the gateway that knows its name could read and go on with it.
  if (conversation) throw unsupported('conversation', 'Go on by previous_response_id instead.');
  const body = jsonIn(encodeRequest(request, target)) as Buffer;
  if (!history || history.providerId === target.provider.id) return withoutSealed(body);
  return withoutSealed(tellAll(body, value, history));
}

function tellAll(body: Buffer, value: ResponsesRequest, history: History): Buffer {
  const input = Buffer.from(JSON.stringify(portable(value.input, history)));
  members.read(body);
  const named = splice(body, [{ ...members.spanOf('previous_response_id'), text: NOTHING }]);
  members.read(named);
  const [start, end] = [members.start('input'), members.end('input')];
  if (start >= 0) return splice(named, [{ start, end, text: input }]);
  const added = Buffer.concat([Buffer.from(',"input":'), input]);
  return splice(named, [{ start: members.close, end: members.close, text: added }]);
}

/** Thoughts are read by the account alone that had them: any other refuses their ids, and what it cannot decrypt. */
function portable(input: ResponsesRequest['input'], { length }: History): readonly unknown[] {
  const items = Array.isArray(input) ? (input as readonly unknown[]) : [];
  return items.filter((item, at) => at >= length || !isObject(item) || item.type !== 'reasoning');
}

/** What the gateway sealed is another provider's: this one would refuse the call for what it cannot decrypt. */
function withoutSealed(body: Buffer): Buffer {
  if (!body.includes(SEALED) || !members.read(body)) return body;
  const [start, end] = [members.start('input'), members.end('input')];
  const items = objectSpans(body, start, end);
  const kept = items.filter((item) => {
    thoughts.read(body, item.start, item.end);
    const at = thoughts.start('encrypted_content');
    return at < 0 || body.compare(SEALED, 0, SEALED.length, at, at + SEALED.length) !== 0;
  });
  if (kept.length === items.length) return body;
  const texts = kept.map((item) => body.toString('utf8', item.start, item.end));
  return splice(body, [{ start, end, text: Buffer.from(`[${texts.join(',')}]`) }]);
}
