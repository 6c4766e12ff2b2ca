import { BODY } from './body-memory.mjs';
import { GROWS } from './grows.mjs';
import { LIMITS } from './limits.mjs';
import { LARGE_KINDS } from './memory-kinds.mjs';
import { measureMemory } from './memory.mjs';
import { bodiesTable } from './report.mjs';
import { OPEN_STREAMS } from './streams.mjs';
import { WORKERS } from './workers.mjs';

const MEMORY = {
  name: 'memory',
  async measure({ programs, window, print }) {
    const gateways = programs.filter(({ isGateway }) => isGateway);
    const measured = await measureMemory(gateways, LARGE_KINDS, window);
    print(`${bodiesTable(measured)}\n`);
    return measured;
  },
};

/**
 * What is not one request again and again. Each prints its tables and resolves to what it measured:
 * `[{ title, results: Map(name → rounds) }]`.
 */
export const SUITES = [MEMORY, BODY, LIMITS, GROWS, WORKERS, OPEN_STREAMS];
