import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

const PACKAGES = ['undici', 'fastify', '@nestjs/core'];

/** What the figures hang on. */
export function describeMachine(root) {
  const [first] = cpus();
  const version = (name) =>
    JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  return {
    cores: cpus().length,
    cpu: first?.model ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    ...Object.fromEntries(PACKAGES.map((name) => [name, version(name)])),
  };
}
