import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBench } from '../support/gateway.js';
import type { TestBench } from '../support/gateway.js';
import { startStub } from '../support/stub-upstream.js';
import type { StubUpstream } from '../support/stub-upstream.js';

const MODEL = 'chosen';
const INNER = 'a/name of "another" length';
const LARGE = 1_200_000;

let bench: TestBench;
let stub: StubUpstream;
let key: string;

beforeAll(async () => {
  bench = await startBench();
  stub = await startStub();
  await bench.admin('POST', '/providers', { name: 'stub', type: 'openai-compatible', base_url: stub.url });
  await bench.admin('POST', '/models', { id: MODEL, targets: [{ provider: 'stub', model: INNER }] });
  key = await bench.addKey();
});
afterAll(async () => {
  await bench.close();
  await stub.close();
});

/** What reached the upstream, of a body that was sent in pieces that end at `cuts`. */
async function received(path: string, body: Buffer, type: string, cuts: readonly number[]) {
  const ends = [...cuts.map((cut) => cut % (body.length + 1)), body.length].sort((one, other) => one - other);
  const pieces = ends
    .map((end, at) => body.subarray(ends[at - 1] ?? 0, end))
    .filter(({ length }) => length > 0);
  const answer = await fetch(`${bench.url}/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': type },
    body: ReadableStream.from(pieces),
    duplex: 'half',
  } as RequestInit);
  expect([answer.status, answer.status === 200 ? '' : await answer.text()]).toEqual([200, '']);
  await answer.arrayBuffer();
  const { body: arrived, headers } = stub.last;
  // A boundary is written anew: the same one, quoted where it must be.
  const plain = type.replace(/boundary="([\w'+.-]+)"$/, (_, token: string) => `boundary=${token}`);
  expect([type, plain]).toContain(headers['content-type']);
  expect(headers['content-length']).toBe(String(arrived.length));
  return arrived;
}

/** One `expect` of two texts of a megabyte takes longer than all the rest. */
function expectSame(arrived: Buffer, expected: Buffer): void {
  if (!arrived.equals(expected)) expect(arrived.toString('latin1')).toBe(expected.toString('latin1'));
}

const cuts = fc.array(fc.nat(), { maxLength: 6 });

describe('any JSON object', { timeout: 120_000 }, () => {
  const ENDPOINTS: Readonly<Record<string, [string, string]>> = {
    'chat/completions': ['"messages"', '[{"role":"user","content":"my \\"model\\": é"}]'],
    completions: ['"prompt"', '["a","b"]'],
    embeddings: ['"input"', '[[1,2],[3]]'],
    moderations: ['"input"', '[{"type":"text","text":"x"}]'],
    rerank: ['"query"', '"a","documents" : ["b",{"text":"c"}]'],
    'images/generations': ['"prompt"', '"A c\\u0061t"'],
    'audio/speech': ['"input"', '"Hello","voice" : {"id":1.50}'],
  };
  const space = fc.constantFrom('', '', ' ', '\n\t', '  \r\n');
  const value = fc.oneof(
    fc.constantFrom('1.0', '1e-7', '-0', '9223372036854775807', '1E400', '"\\ud83d"', '"\\/"'),
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text)),
    fc.json({ maxDepth: 3 }),
    fc.constant('{"model":"chosen","stream":true,"stream_options":{"include_usage":false}}'),
  );
  // Twice the same is nobody's business where the gateway does not look.
  const name = fc.oneof(
    fc.constantFrom('"__proto__"', '"constructor"', '"metadata"', '"Model"', '""'),
    fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(`x${text}`)),
  );
  const body = fc.record({
    path: fc.constantFrom(...Object.keys(ENDPOINTS)),
    others: fc.array(fc.tuple(name, value), { maxLength: 6 }),
    model: fc.constantFrom('"model"', '"mod\\u0065l"'),
    spelling: fc.constantFrom('"chosen"', '"ch\\u006fsen"'),
    isStream: fc.boolean(),
    gaps: fc.array(space, { minLength: 1, maxLength: 7 }),
    at: fc.nat(),
    cuts,
  });

  it('reaches the upstream as it was sent, but for the model and the question for usage', async () => {
    await fc.assert(
      fc.asyncProperty(body, async ({ path, others, model, spelling, isStream, gaps, at, cuts }) => {
        const streams = isStream && path.endsWith('completions');
        const members = [...others, ENDPOINTS[path] ?? others[0] ?? ['', '']];
        if (streams) members.push(['"stream"', 'true']);
        members.splice(at % (members.length + 1), 0, [model, spelling]);
        let next = 0;
        const gap = (): string => gaps[next++ % gaps.length] ?? '';
        const print = (inner: string, added: string): Buffer => {
          next = 0;
          const printed = members.map(([key, text]) => {
            const shown = key === model ? inner : text;
            return `${gap()}${key}${gap()}:${gap()}${shown}${gap()}`;
          });
          return Buffer.from(`${gap()}{${printed.join(',')}${added}}${gap()}`);
        };
        stub.answerWith(
          streams
            ? {
                type: 'text/event-stream',
                body: 'data: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
              }
            : { body: '{"choices":[],"data":[]}' },
        );
        const arrived = await received(path, print(spelling, ''), 'application/json', cuts);
        const asked = streams ? ',"stream_options":{"include_usage":true}' : '';
        expectSame(arrived, print(JSON.stringify(INNER), asked));
      }),
      { numRuns: 300 },
    );
  });
});

describe('any form', { timeout: 120_000 }, () => {
  /** Letters, quotes, what is not ASCII: but no line end, which no client leaves in a header. */
  const text = fc
    .string({
      unit: fc.oneof(
        fc.constantFrom('"', '\\', '%', ';', '=', '日', 'é', ' '),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
      ),
      maxLength: 12,
    })
    .map((one) => one.replaceAll(/[\r\n]/g, ''));
  const isFree = (one: string): boolean =>
    !/^(?:model|file|image|stream|response_format|prompt|partial_images|n|user)(?:\[\])?$/.test(one);
  const size = fc.oneof({ weight: 12, arbitrary: fc.nat(200) }, { weight: 1, arbitrary: fc.constant(LARGE) });
  const pattern = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom('\r\n', '\r\n--', '\r\n--XY', '--XY--', '\r\n\r\n', '\r\n--XYZ\r\n', '\0')
      .map((one) => Buffer.from(one)),
  );
  const bytes = fc.tuple(pattern, size).map(([one, length]) => Buffer.alloc(length, one));

  it('reaches the upstream as it was sent, but for the model, part for part', async () => {
    const boundary = fc.constantFrom('XY-0', "a'b(c)+_,-./:=?d", '----WebKitFormBoundaryABC', 'x');
    const part = fc.record({
      name: text.filter(isFree),
      filename: fc.option(text),
      quoting: fc.constantFrom('%22', '\\"'),
      rest: fc.constantFrom('', '\r\nContent-Type: text/plain; charset=x', '\r\nX-Own: 1\r\nX-Other: "2"'),
      value: bytes,
      near: fc.constantFrom('', '', 'Z\r\n', '-', ' \tx', '\r', '\n'),
    });
    const form = fc.record({
      boundary,
      parts: fc.array(part, { maxLength: 5 }),
      at: fc.nat(),
      file: bytes,
      cuts,
    });
    stub.answerWith({ body: '{"text":"heard"}' });
    await fc.assert(
      fc.asyncProperty(form, async ({ boundary, parts, at, file, cuts }) => {
        const field = (head: string, value: Buffer | string) => ({ head, value: Buffer.from(value) });
        const quote = (one: string, quoting: string): string =>
          quoting === '%22'
            ? one.replaceAll('"', '%22').replaceAll('\\', '/')
            : one.replaceAll(/["\\]/g, '\\$&');
        const print = (model: string): Buffer => {
          const all = parts.map(({ name, filename, quoting, rest, value, near }) => {
            const named = filename === null ? '' : `; filename="${quote(filename, quoting)}"`;
            // The beginning of a longer line is no boundary.
            const longer = near === '' ? '' : `\r\n--${boundary}${near}`;
            const whole = Buffer.concat([value, Buffer.from(longer)]);
            return field(`name="${quote(name, quoting)}"${named}${rest}`, whole);
          });
          all.splice(at % (all.length + 1), 0, field('name="file"; filename="a.mp3"', file));
          all.splice(at % (all.length + 1), 0, field('name="model"', model));
          const pieces = all.flatMap(({ head, value }) => [
            Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
            value,
            Buffer.from('\r\n'),
          ]);
          return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
        };
        fc.pre(
          ![file, ...parts.map(({ value }) => value)].some((value) => value.includes(`\r\n--${boundary}`)),
        );
        const type = `multipart/form-data; boundary="${boundary}"`;
        expectSame(await received('audio/transcriptions', print(MODEL), type, cuts), print(INNER));
      }),
      { numRuns: 200 },
    );
  });

  it('of a FormData too', async () => {
    const entry = fc.tuple(text.filter(isFree), fc.oneof(text, fc.tuple(text, bytes)));
    stub.answerWith({ body: '{"data":[]}' });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 5 }), bytes, cuts, async (entries, image, cuts) => {
        const form = new FormData();
        form.set('image', new File([new Uint8Array(image)], 'cat "日本".png', { type: 'image/png' }));
        for (const [name, value] of entries) {
          if (typeof value === 'string') form.append(name, value);
          else form.append(name, new File([new Uint8Array(value[1])], value[0]));
        }
        form.append('model', MODEL);
        const encoded = new Response(form);
        const type = encoded.headers.get('content-type') ?? '';
        const sent = Buffer.from(await encoded.arrayBuffer());
        const arrived = await received('images/variations', sent, type, cuts);
        const at = sent.lastIndexOf(`\r\n\r\n${MODEL}\r\n`) + 4;
        const expected = [sent.subarray(0, at), Buffer.from(INNER), sent.subarray(at + MODEL.length)];
        expectSame(arrived, Buffer.concat(expected));
      }),
      { numRuns: 100 },
    );
  });
});
