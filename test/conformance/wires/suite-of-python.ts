import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { TestBench } from '../../support/gateway.js';
import { PYTHON_MS, pythonWithSdk, runExample } from '../../support/run-example.js';
import { WIRES } from '../../support/wire-bench.js';

const SCRIPT = readFileSync(new URL('openai-python.py', import.meta.url), 'utf8');
const CHECKS = [...SCRIPT.matchAll(/^@check\("(.+)"\)$/gm)].map(([, name = '']) => name);
const TYPES = WIRES.map(({ type }) => type);

/** Every behaviour of a chat over every wire in one process: to load the package takes longer than all of them. */
export function suiteOfPython(stage: () => TestBench & { key: string }) {
  let outcomes: Record<string, string>;

  beforeAll(async () => {
    const bench = stage();
    await pythonWithSdk();
    const folder = mkdtempSync(join(tmpdir(), 'pllm-python-'));
    // Targets that failed in the suites before are asked in this one.
    await bench.admin('POST', '/system/reload');
    bench.sandbox.ledger.clear();
    const script = SCRIPT.replace('["every-wire"]', JSON.stringify(TYPES));
    const { stdout } = await runExample('python', script, { url: bench.url, key: bench.key, folder });
    outcomes = JSON.parse(stdout);
    rmSync(folder, { recursive: true });
  }, PYTHON_MS);

  it.each(TYPES.flatMap((type) => CHECKS.map((name) => `${type}: ${name}`)))('%s', (name) =>
    expect(outcomes[name]).toBe('ok'),
  );

  it('leaves nothing unchecked, and a call over each wire in the middle', async () => {
    expect(Object.keys(outcomes)).toHaveLength(TYPES.length * CHECKS.length);
    for (const { model } of WIRES) {
      const left = await stage().sandbox.ledger.waitFor(
        (entry) => entry.model.startsWith(`${model};chunks=1000`) && entry.abortedAt !== undefined,
      );
      expect(left.chunksWritten).toBeLessThan(1_000);
    }
  });
}
