import { CASES } from './cases.mjs';
import { stop } from './children.mjs';
import { countProcesses } from './cpu-time.mjs';
import { startGateway } from './gateway.mjs';
import { measureCase, summarize } from './measure.mjs';
import { perSecond, spread, table } from './report.mjs';

const COUNTS = [1, 2];

/** One process beside two that share the port: CPU of all of them. */
export const WORKERS = {
  name: 'workers',
  async measure({ root, upstream, generator, postgres, window, print }) {
    if (!postgres) return none(print, 'Postgres is not installed: workers left out');
    const gateways = [];
    for (const count of COUNTS) {
      const variables = { PLLM_WORKERS: String(count) };
      const databaseUrl = await postgres.newDatabase();
      const gateway = await startGateway({ root, upstream: upstream.url, databaseUrl, variables });
      gateways.push({ name: titleOf(count), isGateway: true, besideId: postgres.id, ...gateway });
    }
    const [one, two] = gateways;
    // What starts beside a gateway that has one worker is not one.
    const isKnown = countProcesses(two.id) > countProcesses(one.id);
    const measured = [];
    for (const each of isKnown ? CASES.filter(({ group }) => group === 'connections') : []) {
      measured.push({ ...each, results: await measureCase(generator, gateways, each, window) });
    }
    for (const { child } of gateways) await stop(child);
    if (!isKnown) return none(print, 'This gateway does not know PLLM_WORKERS: workers left out');
    print(`${workersTable(measured)}\n`);
    return measured;
  },
};

function titleOf(count) {
  return count === 1 ? '1 worker' : `${count} workers`;
}

function none(print, reason) {
  print(reason);
  return [];
}

function workersTable(measured) {
  const names = COUNTS.map(titleOf);
  const rows = measured.map(({ title, results }) => {
    const cpu = names.map((name) => summarize(results.get(name), 'cpuMicros'));
    const rates = names.map((name) => summarize(results.get(name).map(perSecond), 'rate').median);
    const ratios = [cpu[1].median / cpu[0].median, rates[1] / rates[0]].map((ratio) => ratio.toFixed(2));
    return [title, ...cpu.map(spread), ratios[0], ...rates.map((rate) => rate.toFixed(0)), ratios[1]];
  });
  const head = ['CPU per request, µs', ...names, '2 / 1', ...names.map((name) => `requests/s, ${name}`)];
  return table([...head, '2 / 1'], rows);
}
