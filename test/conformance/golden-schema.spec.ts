import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { findAdapter, PROVIDER_TYPES } from '#providers';
import { operationOf } from '../support/golden-operation.js';
import { isDescriptionHere, readDescription } from '../support/openai-description.js';
import type { Description } from '../support/openai-description.js';

const ROOT = new URL('../../libs/providers/src', import.meta.url).pathname;

/** Answers that the gateway prints itself: those of providers on OpenAI's wire are as they came. */
const PRINTED = PROVIDER_TYPES.filter((type) => findAdapter(type)?.operations.chat?.fidelity === 'values');
const CASES = PRINTED.flatMap((type) => {
  const folder = join(ROOT, type, 'fixtures');
  const chats = readdirSync(folder).filter((name) => operationOf(name) === 'chat');
  return chats.map((name) => ({ type, name, folder: join(folder, name) }));
});
const having = (file: string) => CASES.filter(({ folder }) => existsSync(join(folder, file)));

describe.skipIf(!isDescriptionHere)('what a translator prints is valid by OpenAI’s description', () => {
  let description: Description;

  beforeAll(() => void (description = readDescription()));

  it('has cases', () => expect(CASES.length).toBeGreaterThan(0));

  it.each(having('response.json'))('$type: $name', ({ folder }) => {
    const answer = JSON.parse(readFileSync(join(folder, 'response.json'), 'utf8'));
    description.expectValid('CreateChatCompletionResponse', answer);
  });

  it.each(having('chunks.jsonl'))('$type: $name', ({ folder }) => {
    const lines = readFileSync(join(folder, 'chunks.jsonl'), 'utf8').trim().split('\n');
    for (const line of lines) {
      const chunk = JSON.parse(line);
      description.expectValid(chunk.error ? 'ErrorResponse' : 'CreateChatCompletionStreamResponse', chunk);
    }
  });
});

/** Cases of Responses, which the gateway prints whoever answers. */
const RESPONSES = new URL('../../libs/dialects/src/responses/fixtures', import.meta.url).pathname;
const responsesHaving = (file: string) =>
  readdirSync(RESPONSES)
    .map((name) => ({ name, path: join(RESPONSES, name, file) }))
    .filter(({ path }) => existsSync(path));

describe.skipIf(!isDescriptionHere)(
  'a response that the gateway prints is valid by OpenAI’s description',
  () => {
    let description: Description;

    beforeAll(() => void (description = readDescription()));

    it.each(responsesHaving('answer.json'))('$name', ({ path }) => {
      description.expectValid('Response', JSON.parse(readFileSync(path, 'utf8')));
    });

    it('and not everything would be', () => {
      expect(description.isValid('Response', { object: 'response', output: [] })).toBe(false);
      const event = { type: 'response.output_text.delta', delta: 'x', sequence_number: 1 };
      expect(description.isValid('ResponseStreamEvent', event)).toBe(false);
    });

    it.each(responsesHaving('events.sse'))('$name, in events', ({ path }) => {
      const events = [...readFileSync(path, 'utf8').matchAll(/^data: (.*)$/gm)];
      expect(events.length).toBeGreaterThan(0);
      events.forEach(([, data = ''], index) => {
        const event = JSON.parse(data);
        expect(event.sequence_number).toBe(index);
        description.expectValid('ResponseStreamEvent', event);
      });
    });
  },
);
