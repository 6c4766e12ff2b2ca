import { GatewayError, JsonMembers, isObject, splice } from '#contract';
import type { History, ResponsesRequest, Target, WireRequest } from '#contract';
import { encodeRequest } from './encode-request.js';

const members = new JsonMembers(['input', 'previous_response_id']);
const NOTHING = Buffer.alloc(0);

/**
 * The client's bytes. Whoever does not know what came before by its id is told all of it, in place of the id.
 *
 * @throws GatewayError
 */
export function encodeResponses(request: WireRequest<ResponsesRequest>, target: Target): Buffer {
  if (request.upload) throw new GatewayError('unsupported_media_type');
  const body = encodeRequest(request, target) as Buffer;
  const { history, value } = request;
  if (!history || history.providerId === target.provider.id) return body;
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
