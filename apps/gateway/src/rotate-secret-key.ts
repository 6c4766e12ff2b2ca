import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSecretKeys } from '#persistence';
import type { Config } from './config/config.js';
import { InvalidEnvironment } from './config/environment.js';
import { SECRET_KEY_FILE, resolveSecrets } from './config/generated-secrets.js';
import { forgetPreviousSecretKey, replaceSecretKey } from './config/replace-secret-key.js';
import { openDatabase } from './database/open-database.js';

/**
 * Draws another `secret.key`, and wraps the database's keys under it. What an earlier run left in the middle is finished
 * first.
 *
 * @returns the lines to print
 * @throws InvalidEnvironment, WrongSecretKey, DirectoryInUse, DatabaseUnreachable
 */
export async function rotateSecretKey(config: Config): Promise<string[]> {
  const path = join(config.dataDir, SECRET_KEY_FILE);
  if (config.secretKey) {
    throw new InvalidEnvironment(
      'PLLM_SECRET_KEY is given: change it where it stands, and give the one before as PLLM_SECRET_KEY_PREVIOUS.',
    );
  }
  if (!existsSync(path)) throw new InvalidEnvironment(`${path} is not there: nothing is to be rotated.`);
  const database = await openDatabase(config);
  try {
    const before = resolveSecrets(config);
    await openSecretKeys(database, before);
    const secretKey = replaceSecretKey(config.dataDir, before.secretKey);
    await openSecretKeys(database, { secretKey, previousSecretKey: before.secretKey });
    forgetPreviousSecretKey(config.dataDir);
  } finally {
    await database.close();
  }
  return [`${path} holds another key, and the database's keys are wrapped under it. Back it up.`];
}
