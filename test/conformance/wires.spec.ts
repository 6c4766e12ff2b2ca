import { afterAll, beforeAll, describe } from 'vitest';
import type { TestBench } from '../support/gateway.js';
import { hasPython } from '../support/run-example.js';
import { NATIVE, startWireBench, WIRES } from '../support/wire-bench.js';
import { suiteOfAnthropic } from './wires/suite-of-anthropic.js';
import { suiteOfOpenai } from './wires/suite-of-openai.js';
import { suiteOfResponses } from './wires/suite-of-responses.js';
import { suiteOfPython } from './wires/suite-of-python.js';

let bench: TestBench & { key: string };
const stage = () => bench;

beforeAll(async () => {
  const started = await startWireBench();
  bench = { ...started, key: await started.addKey() };
});
afterAll(() => bench.close());

describe.each(WIRES)('OpenAI’s SDK over the wire of $type', (wire) => suiteOfOpenai(wire, stage));
describe.each(WIRES)('Anthropic’s SDK over the wire of $type', (wire) => suiteOfAnthropic(wire, stage));
describe.each([...WIRES, NATIVE])('who speaks Responses, over the wire of $type', (wire) =>
  suiteOfResponses(wire, stage),
);
describe.skipIf(!hasPython)('OpenAI’s SDK for Python over every wire', () => suiteOfPython(stage));
