import { spawnSync } from 'node:child_process';
import type { TestBench } from './gateway.js';

/** What Prometheus would read. */
export async function scrape({ gateway }: Pick<TestBench, 'gateway'>): Promise<string> {
  const answer = await fetch(gateway.metricsUrl ?? '');
  if (answer.status !== 200) throw new Error(`metrics: ${answer.status}`);
  return answer.text();
}

/** The value of a metric, all series together whose labels have these among them. */
export function valueOf(text: string, name: string, labels: Record<string, string> = {}): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

const SAMPLE =
  /^[a-z_0-9]+(?:\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\})? \S+$/;

/** What is wrong with an exposition, by its own rules; by Prometheus' linter too, where that is installed. */
export function faultsOf(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const types = new Map(
    lines.flatMap((line) => {
      const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
      return name && type ? [[name, type] as const] : [];
    }),
  );
  const faults = lines.filter((line) => !line.startsWith('# ') && !isSample(line, types));
  const series = lines
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
    .filter((line) => !line.startsWith('#'));
  if (new Set(series).size < series.length) faults.push('a series is told twice');
  for (const [name, type] of types) {
    if ((type === 'counter') !== name.endsWith('_total')) faults.push(`${name} is a ${type}`);
  }
  const promtool = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  const isInstalled = promtool.error === undefined;
  if (isInstalled && promtool.status !== 0) faults.push(promtool.stdout + promtool.stderr);
  return faults;
}

function isSample(line: string, types: ReadonlyMap<string, string>): boolean {
  const [name = ''] = line.split(/[{ ]/, 1);
  const text = line.slice(line.lastIndexOf(' ') + 1);
  // What was not measured yet has no mean.
  const isNumber = /^nan$/i.test(text) || !Number.isNaN(Number(text.replace('+Inf', 'Infinity')));
  const of = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '');
  return SAMPLE.test(line) && isNumber && types.has(of);
}
