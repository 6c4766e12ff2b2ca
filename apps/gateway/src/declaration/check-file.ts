import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { environmentOffers, isOffered, offersBeside } from '../models/offer.js';
import { readApplied } from './applied.js';
import { checkDeclaration } from './check-declaration.js';
import type { Good, Surroundings } from './check-declaration.js';
import type { DeclarationBody } from './declaration.body.js';
import { InvalidDeclaration, printFaults } from './fault.js';
import type { Fault } from './fault.js';
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
  config: Surroundings & Pick<Config, 'dataDir' | 'secretKey' | 'providerKeys' | 'openaiBaseUrl'>,
): Promise<string[]> {
  const good = await readGood(path, config);
  const counts = (['providers', 'models', 'prices', 'teams'] as const)
    .map((list) => `${list}: ${good.body[list]?.length ?? 0}`)
    .join(', ');
  const unknown = printFaults(shownPath(path), unknownOf(good, config));
  return [`${shownPath(path)} is valid (${counts}).`, ...unknown, ...changesOf(good.body, config)];
}

/** Fallbacks of which only the database can tell whether they are there. */
function unknownOf(
  { body, elsewhere }: Good,
  config: Pick<Config, 'providerKeys' | 'openaiBaseUrl'>,
): Fault[] {
  const offers = offersBeside(environmentOffers(config), body.providers ?? []);
  return elsewhere
    .filter(({ name }) => !offers.some((offer) => isOffered(name, offer)))
    .map((one) => ({ ...one, message: 'must be a model of the database: there is none of that name here' }));
}

/** Before a start: a broken file stops it before the database is touched. @throws InvalidDeclaration */
export async function expectGoodFile(config: Surroundings & Pick<Config, 'configFile'>): Promise<void> {
  const { path, isNamed } = config.configFile;
  if (isNamed || (await signatureOf(path)) !== undefined) await readGood(path, config);
}

async function readGood(path: string, surroundings: Surroundings): Promise<Good> {
  const { text } = await readFileText(path);
  const checked = checkDeclaration(text, surroundings);
  if ('faults' in checked) throw new InvalidDeclaration(printFaults(shownPath(path), checked.faults));
  return checked;
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
