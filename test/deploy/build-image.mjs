import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { readContext } from './build-context.mjs';
import { readCopy, readDockerfile, readPairs } from './dockerfile.mjs';

/** Who runs in the image: nobody who may write what is in it. */
export const NOBODY = 65_534;

/**
 * Runs the steps of the Dockerfile at `root` in empty folders below `folder`, one a stage, as a builder would.
 * Its RUN lines keep to their WORKDIR, so that they need no container.
 *
 * @param {string} path where `node` and `npm` are looked for
 * @returns the last stage: `{ root, workdir, env, entrypoint, health }`
 */
export function buildImage({ root, folder, path, say }) {
  const stages = new Map();
  for (const stage of readDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8'))) {
    const state = { root: join(folder, stage.name), workdir: '/', env: {}, path };
    mkdirSync(state.root, { recursive: true });
    for (const { name, rest } of stage.instructions) {
      say(`${stage.name}: ${name} ${rest}`);
      const step = STEPS[name];
      if (!step) throw new Error(`Dockerfile: ${name} is not known here`);
      step(state, rest, { root, stages });
    }
    stages.set(stage.name, state);
  }
  return stages.get('final');
}

/** How this machine reaches a registry, which a builder knows too. */
const ROUTE = /^(?:npm_config_.+|https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_.+)$/i;
const route = Object.fromEntries(Object.entries(process.env).filter(([name]) => ROUTE.test(name)));

const place = (state, path) => join(state.root, isAbsolute(path) ? path : join(state.workdir, path));

const STEPS = {
  WORKDIR(state, rest) {
    state.workdir = rest;
    mkdirSync(place(state, '.'), { recursive: true });
  },
  ENV(state, rest) {
    Object.assign(state.env, readPairs(rest));
  },
  COPY(state, rest, { root, stages }) {
    const { flags, sources, target } = readCopy(rest);
    for (const source of sources) {
      const to = target.endsWith('/') ? join(place(state, target), basename(source)) : place(state, target);
      if (flags.from) copyTree(place(stages.get(flags.from), source), to, flags.chown !== undefined);
      else copyFromContext(root, source, to);
    }
  },
  RUN(state, rest) {
    const { status } = spawnSync('sh', ['-c', rest], {
      cwd: place(state, '.'),
      env: { ...route, ...state.env, PATH: state.path, HOME: process.env.HOME },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status !== 0) throw new Error(`exit code ${status}: ${rest}`);
  },
  HEALTHCHECK(state, rest) {
    state.health = JSON.parse(rest.slice(rest.indexOf('CMD') + 3));
  },
  ENTRYPOINT(state, rest) {
    state.entrypoint = JSON.parse(rest);
  },
  VOLUME(state, rest) {
    state.volume = place(state, rest);
  },
  LABEL() {},
  USER(state, rest) {
    state.user = rest;
  },
  EXPOSE() {},
  STOPSIGNAL(state, rest) {
    state.stopSignal = rest;
  },
};

function copyTree(from, to, isOwned) {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: false });
  if (!isOwned) return;
  chmodSync(to, 0o700);
  if (process.getuid() === 0) chownSync(to, NOBODY, NOBODY);
}

function copyFromContext(root, source, to) {
  const files = readContext(root).filter((file) => file === source || file.startsWith(`${source}/`));
  if (files.length === 0) throw new Error(`.dockerignore lets nothing through of ${source}`);
  for (const file of files) {
    const target = file === source ? to : join(to, file.slice(source.length + 1));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(root, file), target);
  }
}
