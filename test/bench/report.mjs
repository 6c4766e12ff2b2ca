import { summarize } from './measure.mjs';

const NONE = '-';

/** A table in plain text that is also Markdown. */
export function table(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  );
  const line = (row) =>
    `| ${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** CPU time per request: median (least-most) of the rounds, and ratios of medians to the bare proxy. */
export function cpuTable(measured, names) {
  const ratioNames = names.filter((name) => name.startsWith('pllm'));
  const head = ['CPU per request, µs', ...names, ...ratioNames.map((name) => `${name} / bare`)];
  const rows = measured.map(({ title, results }) => {
    const sums = new Map([...results].map(([name, rounds]) => [name, summarize(rounds, 'cpuMicros')]));
    const bare = sums.get('bare');
    const ratios = ratioNames.map((name) => (bare ? (sums.get(name).median / bare.median).toFixed(2) : NONE));
    return [title, ...names.map((name) => spread(sums.get(name))), ...ratios];
  });
  return table(head, rows);
}

/** The gateway's CPU time per request as a share of each peer's, of medians. */
export function peersTable(measured, peers) {
  const median = (results, name) => summarize(results.get(name), 'cpuMicros').median;
  const rows = measured.map(({ title, results }) => [
    title,
    ...peers.map((name) => `1/${(median(results, name) / median(results, 'pllm')).toFixed(1)}`),
  ]);
  return table(["CPU of pllm as a share of a peer's", ...peers], rows);
}

/** Who is not asked has no figures. */
export function spread(summary) {
  if (summary === undefined) return NONE;
  const { median, least, most } = summary;
  return `${median.toFixed(0)} (${least.toFixed(0)}-${most.toFixed(0)})`;
}

/** What the database took beside the gateway, and how many requests a second there were. */
export function besideTable(measured, names) {
  const rows = measured.map(({ title, results }) => [
    title,
    ...names.map((name) => {
      if (!results.has(name)) return NONE;
      const { median } = summarize(results.get(name).map(perSecond), 'rate');
      return median.toFixed(0);
    }),
    results.has('pllm') ? summarize(results.get('pllm'), 'besideMicros').median.toFixed(0) : NONE,
  ]);
  return table(['requests/s in the closed loop', ...names, 'Postgres itself, µs/request'], rows);
}

export function perSecond({ requests, seconds }) {
  return { rate: requests / seconds };
}

const QUANTILES = ['p50', 'p99'];
const OVERHEADS = ['overhead', 'overheadP99'];

/**
 * Time from when a request was due to its answer's last byte; what is added is that minus the time of the upstream
 * asked directly, and beside it what the gateway says of itself.
 */
export function latencyTable({ results }, names) {
  const direct = results.get(names[0]);
  const middle = (rounds, member) => summarize(rounds, member).median;
  const row = (name) => {
    const rounds = results.get(name);
    const cells = QUANTILES.map((member) => middle(rounds, member));
    const added = QUANTILES.map((member, at) => cells[at] - middle(direct, member));
    const own = rounds[0].overhead === undefined ? [] : OVERHEADS.map((member) => middle(rounds, member));
    const share = own.length === 0 ? NONE : (own[0] / added[0]).toFixed(2);
    const told = own.length === 0 ? [NONE, NONE] : own.map(fixed);
    return [
      name,
      ...cells.map(fixed),
      ...(rounds === direct ? [NONE, NONE] : added.map(fixed)),
      ...told,
      share,
    ];
  };
  const head = ['latency, ms', 'p50', 'p99', 'added p50', 'added p99'];
  return table([...head, 'own overhead p50', 'own p99', 'own / added, p50'], names.map(row));
}

export const fixed = (value) => value.toFixed(2);

export function memoryTable(memory) {
  const rows = Object.entries(memory).map(([name, { now, most }]) => [name, String(now), String(most)]);
  return table(['resident memory after the run, MB', 'now', 'at most'], rows);
}

/** What one large body adds to the resident memory of each gateway: the middle of the rounds, the least and the most. */
export function bodiesTable(measured) {
  const names = [...measured[0].results.keys()];
  const rows = measured.map(({ title, results }) => [
    title,
    ...names.map((name) => spread(summarize(results.get(name), 'mb'))),
  ]);
  return table(['memory that one body adds, MB', ...names], rows);
}

export function machineLines(machine) {
  const { cores, cpu, memoryGb, node, ...packages } = machine;
  const versions = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return `${cores} cores (${cpu}), ${memoryGb} GB; Node ${node}; ${versions.join(', ')}`;
}
