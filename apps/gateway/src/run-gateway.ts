import { banner } from './banner.js';
import type { Config } from './config/config.js';
import { SECRETS } from './config/config.module.js';
import type { Secrets } from './config/generated-secrets.js';
import { ConfigurationFile } from './declaration/configuration-file.js';
import { startDemo } from './demo.js';
import { startGateway } from './gateway.js';
import type { Gateway } from './gateway.js';
import { ModelRegistry } from './models/model-registry.js';
import { stopOnSignal } from './stop-on-signal.js';
import type { PrimaryLink } from './workers/primary-link.js';

/** Who may call everything, to find a model for the first curl. */
const ANYBODY = { mayCall: () => true };

/** The gateway that is this process alone. @throws as `startGateway` */
export async function runGateway(config: Config, fail: (error: unknown) => void): Promise<void> {
  const gateway = await startGateway(config);
  stopOnSignal(process, () => performance.now(), {
    stop: () => void gateway.stop().then(() => process.exit(0), fail),
    end: () => process.exit(1),
  });
  reloadOnHangUp(gateway);
  const models = gateway.app.get(ModelRegistry);
  const wantsDemo = config.databaseUrl === undefined && !models.hasProviders;
  const isDemo = wantsDemo && (await startDemo(models));
  const secrets = gateway.app.get<Secrets>(SECRETS);
  process.stdout.write(banner({ url: gateway.url, config, secrets, model: firstModel(gateway), isDemo }));
}

/** One of several processes of a gateway. Its primary tells it to stop; signals to the whole group are the same wish. */
export async function runWorker(
  config: Config,
  link: PrimaryLink,
  fail: (error: unknown) => void,
): Promise<void> {
  let stop = (): void => process.exit(0);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop());
  link.serve({ stop: () => stop(), reload: () => {} });
  const gateway = await startGateway(config, link);
  let stopping: Promise<void> | undefined;
  stop = () => void (stopping ??= gateway.stop().then(() => process.exit(0), fail));
  link.serve({ stop: () => stop(), reload: () => reload(gateway) });
  reloadOnHangUp(gateway);
  link.tellListening(gateway.url, firstModel(gateway));
}

function firstModel(gateway: Gateway): string | undefined {
  return gateway.app.get(ModelRegistry).list(ANYBODY)[0]?.id;
}

/** On a terminal a hang-up is the terminal's end, and the process's with it. */
function reloadOnHangUp(gateway: Gateway): void {
  if (!process.stdin.isTTY) process.on('SIGHUP', () => reload(gateway));
}

/** What is wrong with the file is in the log. */
function reload(gateway: Gateway): void {
  gateway.app
    .get(ConfigurationFile)
    .reload()
    .catch(() => {});
}
