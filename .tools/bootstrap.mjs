/**
 * Makes a checkout runnable: installs from the lock file, generates the database client, builds what is stale.
 * Does nothing, and says nothing, when nothing is stale. Each step leaves a stamp (a digest of its inputs)
 * next to its output, so an interrupted step runs again.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const at = (...parts) => join(ROOT, ...parts);
const binary = (name) => at('node_modules', '.bin', name);

/** What the build copies beside what it compiles. */
const DATA = [at('libs', 'metering', 'src', 'catalogue.json')];

function filesUnder(folder) {
  return readdirSync(at(folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.m?[jt]s$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function digest(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash.update(relative(ROOT, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  });
  if (error) throw error;
  if (status !== 0) {
    process.stderr.write(`bootstrap: '${[command, ...args].join(' ')}' failed with exit code ${status}\n`);
    process.exit(status ?? 1);
  }
}

function step({ title, inputs, stamp, make }) {
  const wanted = digest(inputs());
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write(`bootstrap: ${title}\n`);
  make();
  writeFileSync(stamp, wanted);
}

step({
  title: 'installing dependencies from the lock file',
  inputs: () => [at('package-lock.json')],
  stamp: at('node_modules', '.stamp'),
  // Nothing here needs an install script, and one of them would try to download a binary.
  make: () =>
    run('npm', [
      'ci',
      '--ignore-scripts',
      '--include',
      'dev',
      '--loglevel',
      'error',
      '--no-fund',
      '--no-audit',
    ]),
});

step({
  title: 'generating the database client',
  inputs: () => [at('prisma', 'schema.prisma'), at('package-lock.json')],
  stamp: at('libs', 'persistence', 'src', 'generated', '.stamp'),
  make: () => {
    rmSync(at('libs', 'persistence', 'src', 'generated'), { recursive: true, force: true });
    // Any existing executable will do: the client is generated without the schema engine.
    run(binary('prisma'), ['generate', '--config', 'prisma/prisma.config.ts', '--no-hints'], {
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
    });
  },
});

step({
  title: 'compiling the reader of JSON',
  inputs: () => [...filesUnder('libs/contract/assembly'), at('package-lock.json')],
  stamp: at('libs', 'contract', 'src', 'generated', '.stamp'),
  make: () => run(process.execPath, [at('libs', 'contract', 'assembly', 'compile.mjs')]),
});

step({
  title: 'building',
  inputs: () => [...filesUnder('apps'), ...filesUnder('libs'), at('.swcrc'), ...DATA],
  stamp: at('dist', '.stamp'),
  make: () => {
    rmSync(at('dist'), { recursive: true, force: true });
    run(binary('swc'), ['apps', 'libs', '-d', 'dist', '--config-file', '.swcrc', '--quiet']);
    for (const file of DATA) copyFileSync(file, at('dist', relative(ROOT, file)));
  },
});
