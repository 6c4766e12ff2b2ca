import { Client } from 'pg';
import { PLAIN, bodyOf } from './cases.mjs';
import { stop } from './children.mjs';
import { memoryMb } from './cpu-time.mjs';
import { admin, bearer, launchGateway, startGateway } from './gateway.mjs';
import { measureCase, summarize } from './measure.mjs';
import { spread, table } from './report.mjs';

const SMALL = { models: 1, keys: 10 };
const LARGE = { models: 1_000, keys: 100_000 };
/** So many of the keys call. */
const CALLERS = 1_000;
const AT_ONCE = 8;
const LIMITS = { rpm: 1_000_000, tpm: 1_000_000_000, parallel: 100_000 };
const BUDGET = { usd: '1000', period: 'month', mode: 'balanced' };
const SETS = [
  { title: 'nothing else', key: {} },
  {
    title: 'limits of key and team, a budget of each key',
    key: { limits: LIMITS, budget: BUDGET },
    limits: LIMITS,
  },
];

/** CPU per request with few models and keys, and with many: two gateways that take turns. */
export const GROWS = {
  name: 'grows',
  async measure({ root, upstream, generator, postgres, window, print }) {
    if (!postgres) {
      print('Postgres is not installed: grows left out');
      return [];
    }
    const measured = [];
    for (const set of SETS) {
      const gateways = [];
      for (const size of [SMALL, LARGE]) {
        const databaseUrl = await postgres.newDatabase();
        const gateway = await grow({ root, databaseUrl, upstream: upstream.url }, size, set);
        gateways.push({ name: nameOf(size), isGateway: true, besideId: postgres.id, ...gateway });
      }
      const one = { ...PLAIN, model: modelName(0) };
      const results = await measureCase(generator, gateways, one, window);
      for (const { child } of gateways) await stop(child);
      print(`${growsTable(set, gateways, results)}\n`);
      const starts = gateways.map(({ name, readyMs, startMb }) => ({ name, readyMs, startMb }));
      measured.push({ name: 'grows', title: set.title, starts, results });
    }
    return measured;
  },
};

/** A gateway that has so much, started anew so that it reads all of it. */
async function grow(options, size, { key, limits }) {
  const first = await startGateway(options);
  const targets = [{ provider: 'bench', model: PLAIN.script }];
  const price = { input_per_mtok: '0.15', output_per_mtok: '0.60' };
  await admin(first.url, '/models', { id: modelName(0), targets, price });
  const team = limits && (await admin(first.url, '/teams', { name: 'grows', limits }));
  const secrets = await addKeys(first.url, Math.min(size.keys, CALLERS), { ...key, team_id: team?.id });
  await fill(options.databaseUrl, size);
  await stop(first.child);
  const gateway = await launchGateway({ ...options, folder: first.folder });
  const variants = Array.from({ length: CALLERS }, (_, index) => ({
    headers: bearer(secrets[index % secrets.length]),
    body: bodyOf(PLAIN, modelName((index * 7) % size.models)),
  }));
  return { ...gateway, headers: bearer(secrets[0]), variants, startMb: memoryMb(gateway.id).now };
}

async function addKeys(url, count, fields) {
  const secrets = [];
  let asked = 0;
  const addNext = async () => {
    while (asked++ < count) secrets.push((await admin(url, '/keys', { name: 'grows', ...fields })).key);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, addNext));
  return secrets;
}

/** As many more as there are to be, each like the first but for its name; nobody has the secrets of these keys. */
async function fill(databaseUrl, { models, keys }) {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => {});
  await client.connect();
  const name = `'grow' || lpad(i::text, 4, '0')`;
  const copy = (from, members, count, where) =>
    client.query(
      `INSERT INTO "${from}" SELECT (jsonb_populate_record(one, jsonb_build_object(${members}))).*
       FROM "${from}" one, generate_series(1, ${count}) i WHERE ${where}`,
    );
  await copy('model', `'id', ${name}`, models - 1, `id = '${modelName(0)}'`);
  await copy('target', `'model_id', ${name}`, models - 1, `model_id = '${modelName(0)}'`);
  const members = `'id', 'key_grows' || i, 'hash', encode(sha256(i::text::bytea), 'hex')`;
  const first = `id = (SELECT min(id) FROM key WHERE name = 'grows')`;
  await copy('key', members, keys - Math.min(keys, CALLERS), first);
  await client.query('ANALYZE');
  await client.end();
}

function modelName(index) {
  return `grow${String(index).padStart(4, '0')}`;
}

function nameOf({ models, keys }) {
  const count = (value) => value.toLocaleString('en-US');
  return `models: ${count(models)}, keys: ${count(keys)}`;
}

function growsTable({ title }, gateways, results) {
  const [small] = gateways.map(({ name }) => summarize(results.get(name), 'cpuMicros').median);
  const rows = gateways.map(({ name, readyMs, startMb }) => {
    const cpu = summarize(results.get(name), 'cpuMicros');
    const database = summarize(results.get(name), 'besideMicros').median.toFixed(0);
    const times = (cpu.median / small).toFixed(2);
    return [name, spread(cpu), times, database, (readyMs / 1000).toFixed(1), String(startMb)];
  });
  const head = ['CPU, µs', 'times', 'Postgres itself, µs', 'ready after, s', 'memory then, MB'];
  return table([title, ...head], rows);
}
