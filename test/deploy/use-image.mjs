import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { NOBODY } from './build-image.mjs';

/** A first start on the embedded database takes seconds, on a busy machine many. */
const START_SECONDS = 120;
const STOP_SECONDS = 60;

/** What runs of an image: its files, its user, its environment and what is added to it, nothing else. */
export class Container {
  log = '';

  /** @param {string[]} command in place of the image's entry point */
  constructor(image, { env = {}, command = image.entrypoint } = {}) {
    this.image = image;
    this.options = {
      cwd: join(image.root, image.workdir),
      env: { PATH: image.path, ...image.env, ...env },
      // The one that the image names is not on this machine: any that owns nothing will do.
      ...(process.getuid() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
    };
    const [file, ...args] = command;
    this.child = spawn(file, args, { ...this.options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.ended = once(this.child, 'exit');
    process.once('exit', () => this.child.kill('SIGKILL'));
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (this.log += text));
  }

  /** Is it well, by the image's own check? */
  isHealthy() {
    const [file, ...args] = this.image.health;
    return spawnSync(file, args, this.options).status === 0;
  }

  /** Waits until `url` answers with 200. */
  answers(url) {
    return this.#comesTo(`${url} answers`, async () => {
      const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
      return answer?.status === 200;
    });
  }

  /** Waits until its log has `text`. */
  prints(text) {
    return this.#comesTo(`its log has ${text}`, async () => this.log.includes(text));
  }

  async #comesTo(what, isSo) {
    const end = Date.now() + START_SECONDS * 1000;
    while (Date.now() < end) {
      if (this.child.exitCode !== null) throw new Error(`it ended (${this.child.exitCode}):\n${this.log}`);
      if (await isSo()) return;
      await pause(200);
    }
    throw new Error(`not within ${START_SECONDS} s: ${what}\n${this.log}`);
  }

  /** Stops it as an engine does; @returns its exit code */
  async stop() {
    this.child.kill(this.image.stopSignal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), STOP_SECONDS * 1000);
    const [code, signal] = await this.ended;
    clearTimeout(timer);
    return signal ?? code;
  }
}

/** A provider, a model and a key by the admin API, and one chat with them, streamed and not. */
export async function chatOnce(url, masterKey, upstreamUrl) {
  const ask = async (path, key, body) => {
    const answer = await fetch(`${url}/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${text}`);
    return text;
  };
  await ask('/admin/providers', masterKey, { name: 'play', type: 'sandbox', base_url: `${upstreamUrl}/v1` });
  await ask('/admin/models', masterKey, {
    id: 'my-model',
    targets: [{ provider: 'play', model: 'sandbox' }],
  });
  const { key } = JSON.parse(await ask('/admin/keys', masterKey, { name: 'a team', models: ['my-*'] }));
  const chat = { model: 'my-model', messages: [{ role: 'user', content: 'Hello from the image' }] };
  const whole = JSON.parse(await ask('/chat/completions', key, chat));
  const streamed = await ask('/chat/completions', key, { ...chat, stream: true });
  if (!streamed.trimEnd().endsWith('data: [DONE]')) throw new Error(`The stream has no end: ${streamed}`);
  return whole.choices[0].message.content;
}
