import { PLAIN } from './cases.mjs';
import { admin, bearer } from './gateway.mjs';
import { ask, summarize, targetOf } from './measure.mjs';
import { fixed, table } from './report.mjs';

const RATE = 200;
/** The generator's, to open its connections. */
const OPENING_SECONDS = 0.5;
const PRICE_NANOS = 1_000_000;
/** Calls that a budget has room for, and those that are made of it: a draw gets a sixteenth of the room. */
const ROOM_CALLS = 40;
const USED_CALLS = 30;
const AT_ONCE = 8;
const MODEL = {
  id: 'drawn--',
  targets: [{ provider: 'bench', model: PLAIN.script }],
  price: { input_per_mtok: '0', output_per_mtok: '0', per_request: String(PRICE_NANOS / 1e9) },
};
const ONE = { ...PLAIN, model: MODEL.id, rate: RATE, connections: 64 };
const WITHOUT = 'no budget';
const PLENTY = 'a strict budget with room: leases are drawn behind calls';
const SCARCE = 'strict budgets near their end: calls wait for draws';

/**
 * How long calls take while leases of budgets are drawn and renewed, at a fixed rate: a strict budget that is nearly
 * spent gives out what the next calls need and no more.
 */
export async function measureAdmission(generator, gateway, { rounds, seconds, warmUp }, print) {
  await admin(gateway.url, '/models', MODEL);
  const add = async (budget) => {
    const { key } = await admin(gateway.url, '/keys', { name: 'admission', ...(budget && { budget }) });
    return { headers: bearer(key) };
  };
  const count = RATE * (seconds + OPENING_SECONDS);
  const callers = new Map([
    [WITHOUT, [await add()]],
    [PLENTY, [await add(strict(1_000_000_000))]],
  ]);
  const results = new Map([WITHOUT, PLENTY, SCARCE].map((name) => [name, []]));
  const target = { ...(await targetOf(gateway, ONE)), variants: callers.get(WITHOUT) };
  await ask(generator, { task: 'warmUp', target, ...warmUp });
  for (let round = 0; round < rounds; round++) {
    // Of each round its own: none is ever spent.
    callers.set(SCARCE, await scarce(count, add));
    for (const [name, variants] of callers) {
      const task = {
        task: 'fixedRate',
        target: { ...target, variants },
        seconds,
        rate: RATE,
        id: gateway.id,
      };
      results.get(name).push(await ask(generator, task));
    }
  }
  print(`${admissionTable(`${gateway.name}, ${RATE} requests/s, ms`, results)}\n`);
  return { name: 'admission', title: gateway.name, results };
}

function strict(calls) {
  return { usd: (calls * (PRICE_NANOS / 1e9)).toFixed(3), period: 'total', mode: 'strict' };
}

/** Keys for so many calls, one behind the other. */
async function scarce(calls, add) {
  const keys = [];
  const most = Math.ceil(calls / USED_CALLS);
  const addNext = async () => {
    while (keys.length < most) {
      const at = keys.push(undefined) - 1;
      keys[at] = await add(strict(ROOM_CALLS));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, addNext));
  return keys.flatMap((key) => Array(USED_CALLS).fill(key));
}

function admissionTable(title, results) {
  const middle = (name, member) => summarize(results.get(name), member).median;
  const rows = [...results.keys()].map((name) => {
    const cells = ['p50', 'p99'].map((member) => middle(name, member));
    const more = ['p50', 'p99'].map((member, at) => cells[at] - middle(WITHOUT, member));
    return [name, ...cells.map(fixed), ...(name === WITHOUT ? ['-', '-'] : more.map(fixed))];
  });
  return table([title, 'p50', 'p99', 'p50 more', 'p99 more'], rows);
}
