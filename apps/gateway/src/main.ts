// The rules of bodies need it, and commands read those before Nest brings it along.
import 'reflect-metadata';
import { GatewayError } from '#contract';
import { setFlagsFromString } from 'node:v8';
import { DatabaseUnreachable, DirectoryInUse, WrongSecretKey } from '#persistence';
import { banner } from './banner.js';
import { runCommand, UnknownCommand } from './command.js';
import { readConfig } from './config/config.js';
import { InvalidEnvironment } from './config/environment.js';
import { SECRETS } from './config/config.module.js';
import type { Secrets } from './config/generated-secrets.js';
import { ConfigurationFile } from './declaration/configuration-file.js';
import { InvalidDeclaration } from './declaration/fault.js';
import { startDemo } from './demo.js';
import { startGateway } from './gateway.js';
import type { Gateway } from './gateway.js';
import { ModelRegistry } from './models/model-registry.js';
import { BrokenAudit } from './verify-audit.js';

/** Who may call everything, to find a model for the first curl. */
const ANYBODY = { mayCall: () => true };

// What a collection of young objects finds alive is little: threads that share the work wait longer than it takes.
setFlagsFromString('--no-parallel-scavenge');

async function main(): Promise<void> {
  const config = readConfig();
  const printed = await runCommand(process.argv.slice(2), config);
  if (printed !== undefined) {
    process.stdout.write(printed);
    return;
  }
  const gateway = await startGateway(config);
  stopOnSignal(gateway);
  reloadOnHangUp(gateway);
  const models = gateway.app.get(ModelRegistry);
  const wantsDemo = config.databaseUrl === undefined && !models.hasProviders;
  const isDemo = wantsDemo && (await startDemo(models));
  const secrets = gateway.app.get<Secrets>(SECRETS);
  const model = models.list(ANYBODY)[0]?.id;
  process.stdout.write(banner({ url: gateway.url, config, secrets, model, isDemo }));
}

function stopOnSignal(gateway: Gateway): void {
  let stopping = false;
  const stop = (): void => {
    // Whoever asks twice does not want to wait.
    if (stopping) process.exit(1);
    stopping = true;
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** On a terminal a hang-up is the terminal's end, and the process's with it. */
function reloadOnHangUp(gateway: Gateway): void {
  if (process.stdin.isTTY) return;
  // What is wrong with the file is in the log.
  process.on(
    'SIGHUP',
    () =>
      void gateway.app
        .get(ConfigurationFile)
        .reload()
        .catch(() => {}),
  );
}

/** One clear line for what an operator can mend; the whole error for what is ours. */
function fail(error: unknown): never {
  process.stderr.write(`pllm: ${describe(error)}\n`);
  process.exit(1);
}

function describe(error: unknown): string {
  if (error instanceof WrongSecretKey) return describeWrongKey(error);
  const expected = [
    InvalidEnvironment,
    InvalidDeclaration,
    UnknownCommand,
    BrokenAudit,
    DirectoryInUse,
    DatabaseUnreachable,
  ];
  if (error instanceof Error && expected.some((kind) => error instanceof kind)) return error.message;
  // The database went away again while the gateway started.
  if (error instanceof GatewayError && error.code === 'service_unavailable') return error.message;
  const { code, message, stack } = error as NodeJS.ErrnoException;
  return code === 'EADDRINUSE' || code === 'EACCES' ? message : (stack ?? String(error));
}

function describeWrongKey({ place }: WrongSecretKey): string {
  if (!place.startsWith('wrapped_key:')) {
    return `What is sealed of ${place} was changed in the database, or comes from another row: it cannot be opened.`;
  }
  return (
    'PLLM_SECRET_KEY is not the key that this database was set up with; its secrets cannot be opened. ' +
    'To change it, give the one before as PLLM_SECRET_KEY_PREVIOUS.'
  );
}

main().catch(fail);
