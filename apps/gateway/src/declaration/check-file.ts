import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { readApplied } from './applied.js';
import { checkDeclaration } from './check-declaration.js';
import type { DeclarationBody } from './declaration.body.js';
import { InvalidDeclaration, printFaults } from './fault.js';
import { compareFingerprints, fingerprint, printChanges } from './fingerprint.js';
import { readFileText, shownPath, signatureOf } from './read-file.js';

/**
 * Says whether a file is good, and what it would change against the one that was applied last. Needs no gateway and no
 * database, and leaves nothing behind.
 *
 * @throws InvalidDeclaration
 */
export async function checkFile(
  path: string,
  config: Pick<Config, 'variables' | 'dataDir' | 'secretKey'>,
): Promise<string[]> {
  const body = await readGood(path, config.variables);
  const { providers, models } = body;
  const counts = `providers: ${providers?.length ?? 0}, models: ${models?.length ?? 0}`;
  return [`${shownPath(path)} is valid (${counts}).`, ...changesOf(body, config)];
}

/** Before a start: a broken file stops it before the database is touched. @throws InvalidDeclaration */
export async function expectGoodFile({
  configFile: { path, isNamed },
  variables,
}: Pick<Config, 'configFile' | 'variables'>): Promise<void> {
  if (isNamed || (await signatureOf(path)) !== undefined) await readGood(path, variables);
}

async function readGood(path: string, variables: Config['variables']): Promise<DeclarationBody> {
  const { text } = await readFileText(path);
  const checked = checkDeclaration(text, variables);
  if ('faults' in checked) throw new InvalidDeclaration(printFaults(shownPath(path), checked.faults));
  return checked.body;
}

function changesOf(
  body: DeclarationBody,
  { dataDir, secretKey = keptSecretKey(dataDir) }: Pick<Config, 'dataDir' | 'secretKey'>,
): string[] {
  const before = readApplied(dataDir);
  if (before === undefined || secretKey === undefined) {
    return [`No gateway on ${dataDir} has applied a file yet.`, ...printChanges(all(body))];
  }
  const lines = printChanges(compareFingerprints(before, fingerprint(body, secretKey)));
  return lines.length === 0 ? ['Nothing would change.'] : lines;
}

function all(body: DeclarationBody) {
  return compareFingerprints({}, fingerprint(body, Buffer.alloc(32)));
}

/** The key that a gateway on this directory made for itself; none is made here. */
function keptSecretKey(dataDir: string): Buffer | undefined {
  try {
    return Buffer.from(readFileSync(join(dataDir, 'secret.key'), 'utf8').trim(), 'base64');
  } catch {
    return undefined;
  }
}
