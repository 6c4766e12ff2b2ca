import { PLAIN } from './cases.mjs';
import { measureAdmission } from './admission.mjs';
import { admin, bearer } from './gateway.mjs';
import { measureCase, summarize } from './measure.mjs';
import { spread, table } from './report.mjs';

/** So high that nothing is ever refused. */
const LIMITS_OF_ALL = { rpm: 1_000_000, tpm: 1_000_000_000, parallel: 100_000 };
const PLENTY = { usd: '1000000', period: 'month' };
const BALANCED = { ...PLENTY, mode: 'balanced' };
const STRICT = { ...PLENTY, mode: 'strict' };
const MODEL = {
  id: 'priced-',
  targets: [{ provider: 'bench', model: PLAIN.script }],
  price: { input_per_mtok: '0.15', output_per_mtok: '0.60' },
};

/** What a key and its team have. */
const KINDS = [
  { name: 'without' },
  {
    name: 'rpm, tpm, parallel of key and team',
    key: { limits: LIMITS_OF_ALL },
    team: { limits: LIMITS_OF_ALL },
  },
  {
    name: 'a balanced budget (team) and a strict one (key)',
    key: { budget: STRICT },
    team: { budget: BALANCED },
  },
  {
    name: 'all of these',
    key: { limits: LIMITS_OF_ALL, budget: STRICT },
    team: { limits: LIMITS_OF_ALL, budget: BALANCED },
  },
];

/** What limits and budgets cost a call, and how long calls wait for a budget that is nearly spent. */
export const LIMITS = {
  name: 'limits',
  async measure({ generator, programs, window, print }) {
    const measured = [];
    for (const gateway of programs.filter(({ isGateway }) => isGateway)) {
      await admin(gateway.url, '/models', MODEL);
      const callers = [];
      for (const kind of KINDS)
        callers.push({ ...gateway, name: kind.name, headers: await headersOf(gateway, kind) });
      const one = { ...PLAIN, model: MODEL.id };
      const results = await measureCase(generator, callers, one, window);
      print(`${limitsTable(`${gateway.name}, ${one.title}`, results)}\n`);
      measured.push({ name: 'limits', title: gateway.name, results });
      measured.push(await measureAdmission(generator, gateway, window, print));
    }
    return measured;
  },
};

async function headersOf({ url }, { name, key: own, team }) {
  const { id } = team ? await admin(url, '/teams', { name, ...team }) : {};
  const { key } = await admin(url, '/keys', { name, team_id: id, ...own });
  return bearer(key);
}

function limitsTable(title, results) {
  const without = summarize(results.get(KINDS[0].name), 'cpuMicros').median;
  const rows = KINDS.map(({ name }) => {
    const cpu = summarize(results.get(name), 'cpuMicros');
    const beside = results.get(name)[0].besideMicros;
    const database =
      beside === undefined ? '-' : summarize(results.get(name), 'besideMicros').median.toFixed(0);
    return [
      name,
      spread(cpu),
      (cpu.median - without).toFixed(0),
      (cpu.median / without).toFixed(2),
      database,
    ];
  });
  return table([title, 'CPU, µs', 'more', 'times', 'Postgres itself, µs'], rows);
}
