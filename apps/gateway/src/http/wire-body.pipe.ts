import { isUtf8 } from 'node:buffer';
import type { Type } from '@nestjs/common';
import { GatewayError, JsonOutline } from '#contract';
import type { JsonRequest, RelayedRequest } from '#contract';
import type { DescribedPipe } from './described-pipe.js';
import { Envelope } from './envelope.js';
import { bodyIn, notAnObject, notUtf8 } from './parse-json.js';

/**
 * Reads a request in OpenAI's wire: valid JSON, not too deep, no member twice that the gateway looks at, and a
 * shallow envelope of those members (`Body`). Everything else in it is none of the gateway's business and stays as
 * the bytes it came in; what is in a container, or a long text, is parsed when somebody asks for it.
 */
export function wireBody<Request extends RelayedRequest>(
  Body: Type<object>,
): DescribedPipe<JsonRequest<Request>> {
  const envelope = new Envelope(Body);
  const outline = new JsonOutline(envelope.names);
  return {
    Body,
    isOpen: true,
    transform(body) {
      const bytes = bodyIn(body);
      try {
        readOutline(outline, bytes);
        envelope.checkOutline(outline);
        const spans = {
          model: outline.span('model'),
          streamOptions: outline.span('stream_options'),
          close: outline.close,
        };
        return { bytes, value: outline.value as Request, spans };
      } finally {
        outline.letGo();
      }
    },
  };
}

/** @throws GatewayError */
function readOutline(outline: JsonOutline<string>, bytes: Buffer): void {
  if (!isUtf8(bytes)) throw notUtf8();
  const verdict = outline.read(bytes);
  if (verdict === 'broken') throw new GatewayError('invalid_json');
  if (verdict === 'other') throw notAnObject();
  if (verdict === 'too_deep') {
    const message = 'The body of the request is nested more than 64 levels deep.';
    throw new GatewayError('json_too_deep', { message });
  }
  if (outline.duplicate !== undefined) {
    const message = `The parameter '${outline.duplicate}' is given twice.`;
    throw new GatewayError('duplicate_parameter', { param: outline.duplicate, message });
  }
}
