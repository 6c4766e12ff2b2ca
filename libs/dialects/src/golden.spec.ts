import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GatewayError, SseParser } from '#contract';
import type { JsonRequest, Operation } from '#contract';
import { madeContext } from '../../../test/support/made-context.js';
import { messages } from './messages/dialect.js';
import { responses } from './responses/dialect.js';
import type { ChatChunk, Dialect, DialectName } from './spec.js';

const ROOT = new URL('.', import.meta.url).pathname;
const DIALECTS: Readonly<Record<DialectName, Dialect>> = { messages, responses } as Record<
  DialectName,
  Dialect
>;

/** With it, what is expected is written down instead of compared: for a look at the difference. */
const WRITES = process.env.WRITE_GOLDEN === '1';

/** Every `<dialect>/fixtures/<case>/`. */
const CASES = Object.keys(DIALECTS).flatMap((dialect) => {
  const folder = join(ROOT, dialect, 'fixtures');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => ({
    dialect: dialect as DialectName,
    name,
    folder: join(folder, name),
  }));
});

function compare(path: string, actual: string): void {
  if (WRITES) writeFileSync(path, actual);
  expect(actual).toBe(readFileSync(path, 'utf8'));
}

const pretty = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

function attempt(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { error: { code: error.code, param: error.param, message: error.message, retry: error.retry } };
  }
}

const having = (file: string) => CASES.filter(({ folder }) => existsSync(join(folder, file)));

/** What a case is about, and the answer's context. */
function open({ dialect: of, folder }: (typeof CASES)[number]) {
  const dialect = DIALECTS[of];
  const path = (file: string): string => join(folder, file);
  const has = (file: string): boolean => existsSync(path(file));
  const settings = has('settings.json') ? JSON.parse(readFileSync(path('settings.json'), 'utf8')) : {};
  const bytes = has('request.json') ? readFileSync(path('request.json')) : Buffer.from('{"messages":[]}');
  const value = JSON.parse(bytes.toString()) as Operation[DialectName]['Request'];
  return { dialect, path, settings, bytes, value, context: madeContext({ request: value }) };
}

describe('a request of a dialect', () => {
  it.each(having('request.json'))('$dialect: $name', (one) => {
    const { dialect, path, settings, bytes, value } = open(one);
    const spans = { model: undefined, streamOptions: undefined, close: 0 };
    const words = {
      hasExtensions: settings.hasExtensions === true,
      hasSignatures: settings.hasSignatures === true,
    };
    const request = { bytes, value, spans } as JsonRequest<Operation[DialectName]['Request']>;
    const chat = attempt(() => dialect.toChat(request, words));
    const dropped = dialect.dropped(value, words);
    compare(path('chat.json'), pretty({ chat, ...(dropped.length > 0 && { dropped }) }));
  });
});

describe('an answer in a dialect', () => {
  it.each(having('completion.json'))('$dialect: $name, whole', (one) => {
    const { dialect, path, context } = open(one);
    const answer = dialect.fromChat(readFileSync(path('completion.json')), context).toString();
    expect(() => JSON.parse(answer)).not.toThrow();
    compare(path('answer.json'), `${answer}\n`);
  });

  it.each(having('chunks.sse'))('$dialect: $name, in pieces', (one) => {
    const { dialect, path, settings, context } = open(one);
    const stream = dialect.openStream(context);
    let text = '';
    for (const { data } of new SseParser().push(readFileSync(path('chunks.sse')))) {
      const payload = data.toString();
      if (payload !== '[DONE]') text += stream.push(JSON.parse(payload) as ChatChunk);
    }
    text += settings.fails
      ? stream.fail(new GatewayError('upstream_unavailable'))
      : stream.end() + stream.ending;
    compare(path('events.sse'), text);
  });
});
