import { startSandbox } from '../../apps/sandbox/src/sandbox.js';
import type { Sandbox } from '../../apps/sandbox/src/sandbox.js';
import { FaultProxy } from './fault-proxy.js';
import { startBench } from './gateway.js';
import type { TestBench } from './gateway.js';

/** A bench with a second upstream, the provider `broken`, to which the way leads through a proxy with faults. */
export interface FaultBench extends TestBench {
  readonly proxy: FaultProxy;
  /** What is behind the proxy. */
  readonly broken: Sandbox;
  readonly key: string;
  /** A model whose targets are asked in this order: `broken script` is behind the proxy, `upstream script` is well. */
  addTargets(id: string, targets: readonly string[], rest?: object): Promise<void>;
}

export async function startFaultBench(env: Record<string, string> = {}): Promise<FaultBench> {
  const bench = await startBench(env);
  const broken = await startSandbox();
  const proxy = await FaultProxy.start(broken.port);
  await bench.admin('POST', '/providers', { name: 'broken', type: 'sandbox', base_url: proxy.url });
  return {
    ...bench,
    proxy,
    broken,
    key: await bench.addKey(),
    addTargets: async (id, targets, rest = {}) => {
      const all = targets.map((target, priority) => {
        const [provider, model] = target.split(' ');
        return { provider, model, priority };
      });
      await bench.admin('POST', '/models', { id, targets: all, ...rest });
    },
    close: async () => {
      await bench.close();
      await proxy.close();
      await broken.close();
    },
  };
}
