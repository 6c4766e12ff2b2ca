import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { operationOf } from '../../../test/support/golden-operation.js';
import type { GoldenOperation } from '../../../test/support/golden-operation.js';
import { findAdapter, PROVIDER_TYPES } from './index.js';

/** What a type can, and the names of the golden folders that show it, or that it is refused. */
interface Feature {
  readonly name: string;
  /** Undefined: chat. */
  readonly operation?: GoldenOperation;
  readonly shown: RegExp;
  readonly refused?: RegExp;
}

/** Names may have something before them (`claude-text`): a provider of several wires has cases of each. */
const FEATURES: readonly Feature[] = [
  { name: 'text', shown: /(^|-)text$|^plain-chat$/ },
  { name: 'streamed', shown: /(^|-)stream$|(^|-)stream-usage-asked$/ },
  { name: 'tools', shown: /(^|-)tool(s|-calls)?(-stream)?$/, refused: /^refused-tools$/ },
  { name: 'parallel tools', shown: /(^|-)parallel-tools(-stream)?$/, refused: /^refused-tools$/ },
  {
    name: 'tool choice',
    shown: /(forced|required|allowed)-tools?$/,
    refused: /^refused-(tools|forced-tool)$/,
  },
  { name: 'tool results', shown: /(^|-)tool-results$/, refused: /^refused-tools$/ },
  { name: 'images in', shown: /(^|-)image-(data|base64|url)$/, refused: /^image-refused$/ },
  { name: 'PDF in', shown: /(^|-)pdf$/, refused: /^(pdf|file)-refused$/ },
  { name: 'sound in', shown: /(^|-)sound$/, refused: /^sound-refused$/ },
  { name: 'schema', shown: /json-schema(-by-tool)?$/, refused: /^refused-json-schema$/ },
  { name: 'reasoning', shown: /(^|-)(reasoning|thoughts)(-stream)?$/ },
  { name: 'refusal', shown: /(^|-)(refusal|safety|sensitive)(-stream)?$/ },
  { name: 'logprobs', shown: /^logprobs$/, refused: /^refused-(top-)?logprobs$/ },
  { name: 'n', shown: /^several-answers$/, refused: /^refused-n$/ },
  { name: 'cache in usage', shown: /(^|-)cached-usage$|(^|-)usage-of-all-kinds$/ },
  { name: 'errors', shown: /(^|-)error-\d{3}/ },
  { name: 'embeddings', operation: 'embeddings', shown: /^embeddings-/ },
  { name: 'images out', operation: 'image_generations', shown: /^images-/ },
  { name: 'rerank', operation: 'rerank', shown: /^rerank-/ },
  { name: 'responses', operation: 'responses', shown: /^responses-/ },
];

const FOLDERS = new URL('.', import.meta.url);
const PAGE = new URL('../../../docs/providers.md', FOLDERS).pathname;

function casesOf(type: string, operation: GoldenOperation): string[] {
  const folder = new URL(`${type}/fixtures/`, FOLDERS);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => operationOf(name) === operation);
}

function cellOf(type: string, { operation = 'chat', shown, refused }: Feature): string {
  const operations: Readonly<Record<string, { readonly fidelity: string }>> =
    findAdapter(type)?.operations ?? {};
  const codec = operations[operation];
  if (!codec) return '–';
  const cases = casesOf(type, operation);
  if (isShown(shown, cases)) return '✓';
  if (refused && cases.some((name) => refused.test(name))) return '400';
  // Bytes that are forwarded as they come are shown by what shows the codec.
  return codec.fidelity === 'bytes' && isShown(shown, casesOf('openai-compatible', operation)) ? '=' : '';
}

function isShown(shown: RegExp, cases: readonly string[]): boolean {
  return cases.some((name) => shown.test(name) && !/^refused-|-refused$|^limit-/.test(name));
}

function tableOf(types: readonly string[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const lines = types.map((type) =>
    row([`\`${type}\``, ...FEATURES.map((feature) => cellOf(type, feature))]),
  );
  const names = FEATURES.map(({ name }) => name);
  return [row(['type', ...names]), `|---|${names.map(() => ':-:|').join('')}`, ...lines].join('\n');
}

const [BEGIN, END] = ['<!-- conformance: generated -->', '<!-- /conformance -->'];

describe('the matrix in docs/providers.md', () => {
  it('is what the golden folders show (to write it: -u)', async () => {
    const page = readFileSync(PAGE, 'utf8');
    const [before = '', rest = ''] = page.split(BEGIN);
    const after = rest.split(END)[1];
    if (after === undefined) throw new Error('The page has no place for it.');
    const table = tableOf(PROVIDER_TYPES);
    await expect(`${before}${BEGIN}\n${table}\n${END}${after}`).toMatchFileSnapshot(PAGE);
  });

  it('has a case for every feature of OpenAI’s wire', () => {
    const isOfAll = (operation?: string): boolean => operation !== 'rerank' && operation !== 'responses';
    const wire = FEATURES.filter(({ operation }) => isOfAll(operation));
    const missing = wire.filter(
      ({ operation = 'chat', shown }) => !isShown(shown, casesOf('openai-compatible', operation)),
    );
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  it('knows no folder of a type that is not there', () => {
    const folders = readdirSync(FOLDERS, { withFileTypes: true }).filter(({ name }) =>
      existsSync(new URL(`${name}/fixtures/`, FOLDERS)),
    );
    expect(folders.map(({ name }) => name).filter((name) => !PROVIDER_TYPES.includes(name))).toEqual([]);
  });
});
