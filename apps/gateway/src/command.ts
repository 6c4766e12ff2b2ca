import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { reconcileOnce } from './admin/reconcile-command.js';
import type { Config } from './config/config.js';
import { checkFile } from './declaration/check-file.js';
import { importLitellm } from './declaration/litellm/import-litellm.js';
import { readFileText } from './declaration/read-file.js';
import { rotateSecretKey } from './rotate-secret-key.js';
import { verifyAudit } from './verify-audit.js';

export class UnknownCommand extends Error {}

const USAGE = `usage: npm start
       npm start --silent -- --check [FILE]           is the configuration file good, and what would it change?
       npm start --silent -- --import-litellm FILE    writes a pllm.yaml to standard output
       npm start --silent -- --rotate-secret-key      draws another secret.key, and wraps the database's keys under it
       npm start --silent -- --verify-audit [HEAD]    is the audit log what was written, up to a head that was noted?
       npm start --silent -- --reconcile [--repair [--release-withheld]]
                                                      are usage and budgets the sums of their records?`;

const OPTIONS = {
  check: { type: 'boolean' },
  'import-litellm': { type: 'boolean' },
  'rotate-secret-key': { type: 'boolean' },
  'verify-audit': { type: 'boolean' },
  reconcile: { type: 'boolean' },
  repair: { type: 'boolean' },
  'release-withheld': { type: 'boolean' },
} as const;

/** What is asked for beside starting the gateway: answers with what to print; undefined: nothing, so start. */
export async function runCommand(args: string[], config: Config): Promise<string | undefined> {
  const { values, positionals } = readArguments(args);
  const [file] = positionals;
  if (values.check) {
    const lines = await checkFile(file === undefined ? config.configFile.path : resolve(file), config);
    return printLines(lines);
  }
  if (values['import-litellm']) {
    if (file === undefined) throw new UnknownCommand(`--import-litellm needs a file\n${USAGE}`);
    return importLitellm((await readFileText(resolve(file))).text);
  }
  if (values['verify-audit']) return printLines(await verifyAudit(file, config));
  if (values['rotate-secret-key'] && file === undefined) return printLines(await rotateSecretKey(config));
  const { repair = false, 'release-withheld': releaseWithheld = false } = values;
  if ((repair && !values.reconcile) || (releaseWithheld && !repair))
    throw new UnknownCommand(`--repair goes with --reconcile, --release-withheld with --repair\n${USAGE}`);
  if (values.reconcile && file === undefined) return reconcileOnce(config, { repair, releaseWithheld });
  if (file !== undefined) throw new UnknownCommand(`'${file}' is not known here\n${USAGE}`);
  return undefined;
}

function printLines(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function readArguments(args: string[]) {
  try {
    const read = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    const { repair: _, 'release-withheld': __, ...commands } = read.values;
    if (read.positionals.length > 1 || Object.keys(commands).length > 1) {
      throw new UnknownCommand(`one file, and one command at a time\n${USAGE}`);
    }
    return read;
  } catch (error) {
    if (error instanceof UnknownCommand) throw error;
    throw new UnknownCommand(`${(error as Error).message.split('.')[0]}\n${USAGE}`);
  }
}
