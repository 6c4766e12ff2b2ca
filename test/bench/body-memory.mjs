import { BODY_BYTES } from './cases.mjs';
import { stop } from './children.mjs';
import { startGateway } from './gateway.mjs';
import { BODY_KINDS } from './memory-kinds.mjs';
import { measureMemory } from './memory.mjs';
import { summarize } from './measure.mjs';
import { spread, table } from './report.mjs';

/** Memory of the case `body`, in a gateway that has seen none: what a process once took it keeps for a while. */
export const BODY = {
  name: 'body',
  async measure({ root, upstream, postgres, window, print }) {
    const databaseUrl = postgres && (await postgres.newDatabase());
    const gateway = await startGateway({ root, upstream: upstream.url, databaseUrl });
    const measured = await measureMemory([{ name: 'pllm', ...gateway }], BODY_KINDS, window);
    await stop(gateway.child);
    const rows = measured.map(({ title, results }) => {
      const sum = summarize(results.get('pllm'), 'mb');
      return [title, spread(sum), ((sum.median * 1e6) / BODY_BYTES).toFixed(2)];
    });
    print(`${table(['memory that one body adds, MB', 'pllm', 'times the body'], rows)}\n`);
    return measured;
  },
};
