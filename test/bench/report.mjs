import { summarize } from './measure.mjs';

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
    const sums = new Map(names.map((name) => [name, summarize(results.get(name), 'cpuMicros')]));
    const cells = names.map((name) => spread(sums.get(name)));
    const bare = sums.get('bare');
    return [title, ...cells, ...ratioNames.map((name) => (sums.get(name).median / bare.median).toFixed(2))];
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

function spread({ median, least, most }) {
  return `${median.toFixed(0)} (${least.toFixed(0)}-${most.toFixed(0)})`;
}

/** What the database took beside the gateway, and how many requests a second there were. */
export function besideTable(measured, names) {
  const rows = measured.map(({ title, results }) => [
    title,
    ...names.map((name) => {
      const { median } = summarize(results.get(name).map(perSecond), 'rate');
      return median.toFixed(0);
    }),
    results.has('pllm') ? summarize(results.get('pllm'), 'besideMicros').median.toFixed(0) : '-',
  ]);
  return table(['requests/s in the closed loop', ...names, 'Postgres itself, µs/request'], rows);
}

function perSecond({ requests, seconds }) {
  return { rate: requests / seconds };
}

/** Time from when a request was due to its answer's last byte; what is added is that minus the bare proxy's. */
export function latencyTable({ results }, names) {
  const bare = results.get('bare');
  const row = (name) => {
    const cells = ['p50', 'p99'].map((member) => summarize(results.get(name), member).median);
    const added = ['p50', 'p99'].map((member, at) => cells[at] - summarize(bare, member).median);
    const [first] = results.get(name);
    const own =
      first.overhead === undefined ? '-' : summarize(results.get(name), 'overhead').median.toFixed(2);
    return [name, ...cells.map(fixed), ...added.map((value) => (name === 'bare' ? '-' : fixed(value))), own];
  };
  const head = ['latency, ms', 'p50', 'p99', 'p50 minus bare', 'p99 minus bare', 'own x-pllm-overhead-ms'];
  return table(head, names.map(row));
}

const fixed = (value) => value.toFixed(2);

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
