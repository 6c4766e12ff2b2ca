import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join(new URL('../..', import.meta.url).pathname, 'dist', 'apps', 'sandbox', 'src', 'main.js');

/** The sandbox as a process of its own, for tests whose own process must stay quick. */
export async function startSandboxProcess(): Promise<{ url: string; stop(): void }> {
  const child = fork(MAIN, ['--port', '0'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [message] = (await once(child, 'message')) as [{ url: string }];
  return { url: message.url, stop: () => child.disconnect() };
}
