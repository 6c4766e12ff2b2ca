import { join } from 'node:path';
import type { Config } from './config/config.js';
import type { Secrets } from './config/generated-secrets.js';

export interface Start {
  readonly url: string;
  readonly config: Config;
  readonly secrets: Secrets;
  /** A model that can be called; undefined: there is none yet. */
  readonly model: string | undefined;
  readonly isDemo: boolean;
}

/** What a person reads at start: five lines on first boot, four later. The last one can be pasted. */
export function banner({ url, config, secrets, model, isDemo }: Start): string {
  const base = url.replace('0.0.0.0', 'localhost').replace('[::1]', 'localhost').replace('[::]', 'localhost');
  const keyFile = join(config.dataDir, 'master.key');
  const lines = [
    `PLLM listens on ${base}`,
    config.databaseUrl ? 'Database: Postgres (DATABASE_URL)' : `Database: embedded, in ${config.dataDir}`,
  ];
  if (secrets.masterKeyIsNew)
    lines.push(`Master key, shown this once and kept in ${keyFile}: ${secrets.masterKey}`);
  lines.push(
    isDemo ? 'No provider yet: the model "sandbox" answers from a demo upstream. Try it:' : 'Try it:',
  );
  lines.push(curl(base, keyOf(config, secrets, keyFile), model));
  return `${lines.join('\n')}\n`;
}

function keyOf(config: Config, secrets: Secrets, keyFile: string): string {
  if (secrets.masterKeyIsNew) return secrets.masterKey;
  return config.masterKey === undefined ? `$(cat ${quoted(keyFile)})` : '$PLLM_MASTER_KEY';
}

function curl(base: string, key: string, model: string | undefined): string {
  const authorization = `-H "Authorization: Bearer ${key}"`;
  if (model === undefined) return `curl ${base}/v1/models ${authorization}`;
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello!' }] });
  return `curl ${base}/v1/chat/completions ${authorization} -H "Content-Type: application/json" -d ${quoted(body)}`;
}

/** A text as one word of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
