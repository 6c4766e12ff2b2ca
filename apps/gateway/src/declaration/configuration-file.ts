import { createHash } from 'node:crypto';
import type { Logger } from '#observability';
import type { SecretBox } from '#persistence';
import type { TeamRegistry } from '../auth/team-registry.js';
import type { Config } from '../config/config.js';
import { Declaration } from '../models/declaration.js';
import type { ModelRegistry } from '../models/model-registry.js';
import { keepApplied, readApplied } from './applied.js';
import { buildDeclaration } from './build-declaration.js';
import { checkDeclaration } from './check-declaration.js';
import type { Elsewhere, Surroundings } from './check-declaration.js';
import { InvalidDeclaration, printFaults } from './fault.js';
import { compareFingerprints, fingerprint } from './fingerprint.js';
import type { Changes, Fingerprint } from './fingerprint.js';
import { readFileText, shownPath, signatureOf } from './read-file.js';

export interface ConfigurationFileParts {
  readonly config: Surroundings & Pick<Config, 'configFile' | 'dataDir'>;
  readonly models: Pick<ModelRegistry, 'answersTo' | 'declare' | 'refresh' | 'sleeping'>;
  readonly teams: Pick<TeamRegistry, 'declare' | 'sleeping'>;
  readonly box: SecretBox;
  /** Hides in fingerprints what could be guessed. */
  readonly secretKey: Buffer;
  readonly logger: Logger;
}

/** How the file stands, for an operator. */
export interface ConfigurationState {
  /** Undefined: there is none. */
  readonly file: string | undefined;
  readonly state: 'none' | 'applied' | 'refused';
  readonly appliedAt: Date | undefined;
  readonly providers: number;
  readonly models: number;
  readonly prices: number;
  readonly teams: number;
  /** What is wrong with the file as it is now; what it was before goes on. */
  readonly errors: readonly string[];
}

/** Applies the file that declares providers, models, prices and teams: whole, or not at all. */
export class ConfigurationFile {
  private readonly name: string;
  private declaration = Declaration.NONE;
  private applied: Fingerprint | undefined;
  private appliedAt: Date | undefined;
  private errors: readonly string[] = [];
  private digest: string | undefined;
  private seen: string | undefined;
  private last: string | undefined;
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ConfigurationFileParts) {
    this.name = shownPath(parts.config.configFile.path);
  }

  get state(): ConfigurationState {
    const { providers, models, prices, teams } = this.declaration;
    const isThere = this.appliedAt !== undefined || this.errors.length > 0;
    const state = this.errors.length > 0 ? 'refused' : isThere ? 'applied' : 'none';
    return {
      file: isThere ? this.name : undefined,
      state,
      appliedAt: this.appliedAt,
      providers: providers.length,
      models: models.length,
      prices: prices.length,
      teams: teams.length,
      errors: this.errors,
    };
  }

  /** At start: a file that was named must be there, and whatever is there must be good. @throws InvalidDeclaration */
  async begin(): Promise<void> {
    const { path, isNamed } = this.parts.config.configFile;
    this.last = this.seen = await signatureOf(path);
    if (this.seen === undefined && !isNamed) return;
    this.applied = readApplied(this.parts.config.dataDir);
    await this.apply();
  }

  /** Reads the file now, changed or not. @throws InvalidDeclaration: then everything is as it was */
  reload(): Promise<void> {
    const turn = this.queue.then(async () => {
      const { path, isNamed } = this.parts.config.configFile;
      this.last = this.seen = await signatureOf(path);
      if (this.seen === undefined && !isNamed && this.state.state === 'none') return;
      await this.attempt();
    });
    this.queue = turn.catch(() => {});
    return turn;
  }

  /** Looks whether the file is another. What changed is read at the next look, so that a file is not read half written. */
  look(): Promise<void> {
    this.queue = this.queue.then(async () => {
      const now = await signatureOf(this.parts.config.configFile.path);
      const isSettled = now === this.last;
      this.last = now;
      if (!isSettled || now === this.seen) return;
      this.seen = now;
      await this.attempt().catch(() => {});
    });
    return this.queue;
  }

  private async attempt(): Promise<void> {
    try {
      await this.apply();
    } catch (error) {
      const { lines } =
        error instanceof InvalidDeclaration ? error : { lines: [`${this.name}: ${String(error)}`] };
      const isNews = lines.join('\n') !== this.errors.join('\n');
      this.errors = lines;
      this.digest = undefined;
      if (isNews) {
        const line = 'the configuration file is not valid; what it declared before stays';
        this.parts.logger.error({ event: 'configuration_refused', file: this.name, errors: lines }, line);
      }
      throw error;
    }
  }

  /** @throws InvalidDeclaration */
  private async apply(): Promise<void> {
    const { config, models, teams, box, secretKey } = this.parts;
    const { text, at } = await readFileText(config.configFile.path);
    const digest = createHash('sha256').update(text).digest('hex');
    if (digest === this.digest) return;
    const checked = checkDeclaration(text, config);
    if ('faults' in checked) throw new InvalidDeclaration(printFaults(this.name, checked.faults));
    const declaration = buildDeclaration(checked.body, { box, file: this.name, at });
    await this.expectModels(checked.elsewhere, declaration);
    this.declaration = declaration;
    models.declare(declaration);
    teams.declare(declaration);
    this.digest = digest;
    this.errors = [];
    this.appliedAt = new Date();
    const next = fingerprint(checked.body, secretKey);
    this.report(compareFingerprints(this.applied ?? {}, next));
    this.applied = next;
    this.keep(next);
  }

  /** What the file falls back to and does not declare is stored, or offered. @throws InvalidDeclaration */
  private async expectModels(elsewhere: readonly Elsewhere[], declaration: Declaration): Promise<void> {
    const { models } = this.parts;
    const isMissing = ({ name }: Elsewhere): boolean => !models.answersTo(name, declaration);
    if (!elsewhere.some(isMissing)) return;
    // Another gateway may have made it just now.
    await models.refresh();
    const faults = elsewhere.filter(isMissing);
    if (faults.length > 0) throw new InvalidDeclaration(printFaults(this.name, faults));
  }

  private report(changes: Changes): void {
    const { logger, models, teams } = this.parts;
    logger.info({ event: 'configuration_applied', file: this.name, ...changes }, 'the file declares');
    const sleeping = { ...models.sleeping, teams: teams.sleeping };
    if (Object.values(sleeping).every((names) => names.length === 0)) return;
    const line = 'the file stands in place of what the database has under the same names';
    logger.warn({ event: 'configuration_in_place', file: this.name, ...sleeping }, line);
  }

  /** Only `--check` misses it. */
  private keep(next: Fingerprint): void {
    try {
      keepApplied(this.parts.config.dataDir, next);
    } catch (error) {
      this.parts.logger.warn(
        { event: 'configuration_applied', err: error },
        'its fingerprint cannot be kept',
      );
    }
  }
}
