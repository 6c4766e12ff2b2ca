import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { awsSignature } from './aws-signature.js';
import type { AwsKeys } from './aws-signature.js';

/** What a fake of Bedrock answers to who signs right. */
export interface BedrockAnswer {
  readonly status?: number;
  /** AWS's frames are a stream, a text is whole. */
  readonly body: Buffer | string;
  /** Does the stream stay open behind its frames? */
  readonly staysOpen?: boolean;
}

export interface BedrockRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** An upstream that looks at signatures as Bedrock does, and answers in its framing. */
export interface BedrockUpstream {
  readonly url: string;
  readonly last: BedrockRequest;
  /** Settles when the client of an answer that stays open is gone. */
  readonly left: Promise<void>;
  answerWith(answer: BedrockAnswer): void;
  close(): Promise<void>;
}

const REGION = 'us-west-2';
const SKEW_MS = 5 * 60 * 1000;
const EVENT_STREAM = 'application/vnd.amazon.eventstream';

export async function startBedrock(keys: AwsKeys, apiKey: string): Promise<BedrockUpstream> {
  let answer: BedrockAnswer = { body: '{}' };
  let last: BedrockRequest | undefined;
  let leave = (): void => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.once('end', () => {
      const body = Buffer.concat(pieces);
      last = { url: request.url ?? '', headers: request.headers, body: body.toString() };
      void refusalOf(request, body, keys, apiKey).then((refusal) =>
        refusal === undefined ? play(response, answer, leave) : refuse(response, refusal),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    left,
    get last() {
      if (!last) throw new Error('Nothing came.');
      return last;
    },
    answerWith: (next) => void (answer = next),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function play(
  response: ServerResponse,
  { status = 200, body, staysOpen }: BedrockAnswer,
  leave: () => void,
): void {
  const type = typeof body === 'string' ? 'application/json' : EVENT_STREAM;
  response.writeHead(status, { 'content-type': type, 'x-amzn-requestid': 'r-1' });
  if (!staysOpen) return void response.end(body);
  response.once('close', leave);
  response.write(body);
}

function refuse(response: ServerResponse, message: string): void {
  response.writeHead(403, {
    'content-type': 'application/json',
    'x-amzn-errortype': 'InvalidSignatureException',
  });
  response.end(JSON.stringify({ message }));
}

/** Why the request is not let in, in AWS's words; undefined: it is. */
async function refusalOf(
  { method = '', url = '', headers }: IncomingMessage,
  body: Buffer,
  keys: AwsKeys,
  apiKey: string,
): Promise<string | undefined> {
  const { authorization = '' } = headers;
  if (authorization.startsWith('Bearer ')) {
    return authorization === `Bearer ${apiKey}` ? undefined : 'Authentication failed.';
  }
  const signed = /SignedHeaders=([^,]+),/.exec(authorization)?.[1]?.split(';') ?? [];
  const date = dateOf(String(headers['x-amz-date']));
  if (Math.abs(date.getTime() - Date.now()) > SKEW_MS)
    return 'Signature expired: it is now earlier than that.';
  // The signer puts in date and session itself.
  const given = signed.filter((name) => !/^(?:host|x-amz-date|x-amz-security-token)$/.test(name));
  const parts = {
    method,
    url: new URL(url, `http://${headers.host}`),
    headers: Object.fromEntries(given.map((name) => [name, String(headers[name])])),
    body,
  };
  const expected = await awsSignature(parts, keys, REGION, date);
  return authorization === expected
    ? undefined
    : 'The request signature we calculated does not match the signature you provided.';
}

/** `20261126T010203Z` */
function dateOf(text: string): Date {
  return new Date(text.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'));
}
