import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtCheckout } from './checkout.mjs';
import { startScript } from './children.mjs';
import { startGateway } from './gateway.mjs';
import { startNginx } from './nginx.mjs';
import { startPostgres } from './postgres.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** What helps the gateway's garbage collector helps the bare proxy's. */
const TUNED = [
  '--v8-pool-size=1',
  '--heap-growing-percent=100',
  '--no-parallel-scavenge',
  '--no-allocation-site-pretenuring',
];

/** The upstream, the same for all. */
export async function startUpstream(root) {
  const { child, message } = await startScript('sandbox', join(root, 'dist/apps/sandbox/src/main.js'), [
    '--port',
    '0',
    '--no-ledger',
  ]);
  return { url: message.url, origin: new URL(message.url).origin, id: child.pid };
}

export async function startGenerator() {
  const { child } = await startScript('generator', here('generator.mjs'));
  return child;
}

export async function startBare(upstream) {
  const { child, message } = await startScript(
    'bare proxy',
    here('bare-proxy.mjs'),
    [upstream.origin],
    TUNED,
  );
  return { name: 'bare', url: `http://127.0.0.1:${message.port}`, id: child.pid, child };
}

/**
 * Everything that is compared, running. A program is `{ name, url, id, headers?, besideId?, isGateway?, empty? }`;
 * `missing` says what was left out, `postgres` is for more databases (undefined: not installed). With `against` another checkout takes the place of the embedded database.
 */
export async function startPrograms(root, upstream, against) {
  const programs = [];
  const missing = [];
  programs.push(await startBare(upstream));
  const nginx = await startNginx(upstream.origin);
  if (nginx) programs.push({ name: 'nginx', ...nginx });
  else missing.push('nginx is not installed (/usr/sbin/nginx): left out');
  const postgres = await startPostgres();
  const onPostgres = async (name, from) => {
    const databaseUrl = await postgres.newDatabase();
    const gateway = await startGateway({ root: from, upstream: upstream.url, databaseUrl });
    programs.push({ name, isGateway: true, besideId: postgres.id, ...gateway });
  };
  if (postgres) await onPostgres('pllm', root);
  else missing.push('Postgres is not installed: PLLM on Postgres left out');
  if (against !== undefined) {
    if (!postgres) throw new Error('To compare two checkouts takes Postgres.');
    await onPostgres('pllm-before', builtCheckout(root, against));
    return { programs, missing, postgres };
  }
  const embedded = await startGateway({ root, upstream: upstream.url });
  programs.push({ name: 'pllm-embedded', isGateway: true, ...embedded });
  return { programs, missing, postgres };
}

/** Those that others are compared with, and the least that the check takes: the bare proxy, the gateway on Postgres. */
export async function startBareAndPllm(root, upstream) {
  const postgres = await startPostgres();
  if (!postgres) throw new Error('Postgres is not installed: this takes it.');
  const databaseUrl = await postgres.newDatabase();
  const gateway = await startGateway({ root, upstream: upstream.url, databaseUrl });
  const { child, message } = await startScript('bare proxy', here('bare-proxy.mjs'), [upstream.origin]);
  return [
    { name: 'bare', url: `http://127.0.0.1:${message.port}`, id: child.pid },
    { name: 'pllm', isGateway: true, besideId: postgres.id, ...gateway },
  ];
}
