import { startBench } from './gateway.js';
import type { TestBench } from './gateway.js';

/** An upstream's wire: the type of the provider that speaks it, and models by what they can. */
export interface WireOfUpstream {
  readonly type: string;
  readonly model: string;
  /** A model that thinks. */
  readonly thinker: string;
  /** What cannot be asked of it, by the behaviour's name: the parameter that the refusal names. */
  readonly refuses?: Readonly<Record<string, string>>;
}

/** Every wire that the sandbox speaks. */
export const WIRES: readonly WireOfUpstream[] = [
  { type: 'openai-compatible', model: 'gpt-4o', thinker: 'deepseek-r1' },
  { type: 'anthropic', model: 'claude-sonnet-4-5', thinker: 'claude-opus-4-6', refuses: { several: 'n' } },
  { type: 'gemini', model: 'gemini-2.5-flash', thinker: 'gemini-3.1-pro' },
  {
    type: 'bedrock',
    model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    thinker: 'us.anthropic.claude-opus-4-6-v1:0',
    refuses: { several: 'n' },
  },
  {
    type: 'cohere',
    model: 'command-a-vision-07-2025',
    thinker: 'command-a-reasoning-08-2025',
    refuses: { several: 'n' },
  },
];

/** One that speaks Responses itself. */
export const NATIVE = { type: 'openai', model: 'gpt-4o' };

/** What each wire's models do, by the name behind the wire's. */
const SCRIPTS: Readonly<Record<string, string>> = {
  plain: '',
  'two-tools': ';tools=2',
  short: ';chunks=3;finish=length',
  slow: ';chunks=1000;gap=20',
  cut: ';chunks=8;cut=3',
  failing: ';chunks=8;error_after=3',
  busy: ';status=429;retry_after=7',
  down: ';status=500',
  refusing: ';status=400',
};

/** A model for every wire and behaviour, such as `gemini/slow`: the sandbox in that wire. */
export async function startWireBench(): Promise<TestBench> {
  const bench = await startBench();
  const base_url = bench.sandbox.url.replace(/\/v1$/, '');
  for (const { type, model, thinker } of WIRES) {
    await bench.admin('POST', '/providers', { name: `at-${type}`, type, base_url, api_key: 'secret' });
    const scripts = Object.entries(SCRIPTS).map(([name, script]) => [name, `${model}${script}`]);
    for (const [name, script] of [...scripts, ['thinker', `${thinker};reasoning=3`]]) {
      const targets = [{ provider: `at-${type}`, model: script }];
      await bench.admin('POST', '/models', { id: `${type}/${name}`, targets });
    }
  }
  const native = { name: 'at-openai', type: NATIVE.type, base_url: bench.sandbox.url, api_key: 'secret' };
  await bench.admin('POST', '/providers', native);
  const targets = [{ provider: 'at-openai', model: NATIVE.model }];
  await bench.admin('POST', '/models', { id: `${NATIVE.type}/plain`, targets });
  return bench;
}
