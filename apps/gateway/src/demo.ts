import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ModelRegistry } from './models/model-registry.js';

const SANDBOX = fileURLToPath(new URL('../../sandbox/src/main.js', import.meta.url));

/**
 * Where nobody has added a provider yet: starts the sandbox upstream beside this process, on loopback, and offers it
 * as the model `sandbox`. It ends with this process, and is out of sight with the first provider.
 */
export async function startDemo(models: ModelRegistry): Promise<boolean> {
  if (!existsSync(SANDBOX)) return false;
  const child = fork(SANDBOX, ['--port', '0', '--no-ledger'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.unref();
  const [message] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
  child.channel?.unref();
  const { url } = (message ?? {}) as { url?: string };
  if (!url) return false;
  await models.offerDemo(url);
  return true;
}
