import { JsonMembers, objectSpans } from '#contract';

const requests = new JsonMembers(['messages']);
const messages = new JsonMembers(['content']);
const blocks = new JsonMembers(['input']);

/**
 * The inputs of tools as they stand in the request, by message and block: parsing loses the digits that JavaScript's
 * numbers cannot hold. Undefined where there is none.
 */
export function toolInputs(bytes: Buffer): (string | undefined)[][] {
  requests.read(bytes);
  return objectSpans(bytes, requests.start('messages'), requests.end('messages')).map(({ start, end }) => {
    messages.read(bytes, start, end);
    return objectSpans(bytes, messages.start('content'), messages.end('content')).map((span) => {
      blocks.read(bytes, span.start, span.end);
      const from = blocks.start('input');
      return from < 0 ? undefined : bytes.toString('utf8', from, blocks.end('input'));
    });
  });
}
