import { parseArgs } from 'node:util';
import { startSandbox } from './sandbox.js';

const DEFAULT_PORT = 9999;

/** Runs the sandbox as a process of its own, until a signal or the end of the parent's IPC channel. */
async function main(): Promise<void> {
  for (const end of ['SIGTERM', 'SIGINT', 'disconnect']) process.once(end, () => process.exit(0));
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      'no-ledger': { type: 'boolean', default: false },
      'keep-bodies': { type: 'boolean', default: false },
    },
  });
  const sandbox = await startSandbox({
    port: readPort(values.port ?? process.env['PORT']),
    host: values.host,
    ledger: !values['no-ledger'],
    keepBodies: values['keep-bodies'],
  });
  process.stdout.write(`sandbox upstream on ${sandbox.url}\n`);
  process.send?.({ url: sandbox.url });
}

function readPort(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PORT;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`'${text}' is not a port.`);
  return port;
}

main().catch((error: unknown) => {
  process.stderr.write(`sandbox: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
