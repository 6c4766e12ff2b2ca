import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { GatewayError } from '#contract';
import { UsageSpool, readSpoolState } from '#metering';
import { Database } from '#persistence';
import { TargetStates } from '#routing';
import { note } from '../admin/note.js';
import type { Actor } from '../admin/note.js';
import { KeyCache } from '../auth/key-cache.js';
import { TeamRegistry } from '../auth/team-registry.js';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.module.js';
import { packageRoot } from '../database/package-root.js';
import { ConfigurationFile } from '../declaration/configuration-file.js';
import { InvalidDeclaration } from '../declaration/fault.js';
import { ModelRegistry } from '../models/model-registry.js';
import { RELOAD, Replicas } from '../replicas/replicas.js';
import { PRIMARY_LINK } from '../workers/primary-link.js';
import type { PrimaryLink } from '../workers/primary-link.js';
import { KeyRotation } from './key-rotation.js';
import { describeSettings } from './settings.js';

const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
  version: string;
};
const STARTED_AT = new Date();

/** What this gateway is, how it is set up, and how the parts that it stands on are. It waits for none of them. */
@Injectable()
export class System {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
    private readonly replicas: Replicas,
    private readonly keys: KeyCache,
    private readonly teams: TeamRegistry,
    private readonly models: ModelRegistry,
    private readonly spool: UsageSpool,
    private readonly file: ConfigurationFile,
    private readonly targets: TargetStates,
    private readonly rotation: KeyRotation,
    @Inject(PRIMARY_LINK) private readonly link: PrimaryLink | undefined,
  ) {}

  async describe() {
    const { database, replicas } = this;
    return {
      object: 'system',
      version,
      node: process.versions.node,
      started_at: STARTED_AT,
      settings: describeSettings(this.config),
      database: { kind: database.kind, state: database.state === 'closed' ? 'up' : 'down' },
      redis: { state: this.redisState() },
      changes: {
        feeds: replicas.feedStates.map(({ name, isUp }) => ({ name, state: isUp ? 'up' : 'down' })),
        polled_at: toDate(replicas.lastPolledAt),
      },
      replicas: replicas.count,
      workers: this.link?.workers ?? 1,
      keys: this.keys.size,
      teams: this.teams.size,
      secret_keys: await this.rotation.describe(),
      models: this.models.size,
      spool: await this.describeSpool(),
      breakers: [{ name: 'database', state: database.state, since: toDate(database.stateSince) }],
      configuration: this.describeFile(),
    };
  }

  /**
   * Reads the configuration file, and keys, teams and models anew, and forgets how targets did: here at once, and on every
   * other gateway when it hears of it, but for what it knows of targets itself. A file that is not valid changes nothing. @throws GatewayError
   */
  async reload(actor: Actor) {
    await this.reloadFile();
    await this.database.write(note(actor, 'reload', RELOAD, 'snapshots'), async () => {});
    await Promise.all([this.keys.load(), this.teams.refresh(), this.models.refresh()]);
    this.targets.clear();
    const configuration = this.describeFile();
    return { object: 'system.reload', keys: this.keys.size, models: this.models.size, configuration };
  }

  private async reloadFile(): Promise<void> {
    try {
      await this.file.reload();
    } catch (error) {
      if (!(error instanceof InvalidDeclaration)) throw error;
      throw new GatewayError('bad_request', { message: error.lines.join('\n') });
    }
  }

  private describeFile() {
    const { file, state, appliedAt, providers, models, prices, teams, errors } = this.file.state;
    return {
      file: file ?? null,
      state,
      applied_at: appliedAt ?? null,
      providers,
      models,
      prices,
      teams,
      in_place_of: { ...this.models.sleeping, teams: this.teams.sleeping },
      errors,
    };
  }

  private redisState(): 'off' | 'up' | 'down' {
    const feed = this.replicas.feedStates.find(({ name }) => name === 'redis');
    if (!feed) return 'off';
    return feed.isUp ? 'up' : 'down';
  }

  private async describeSpool() {
    const { files, bytes, oldestAt } = await readSpoolState(join(this.config.dataDir, 'spool'));
    return { records: this.spool.pending, files, bytes, oldest_at: toDate(oldestAt) };
  }
}

function toDate(at: number | undefined): Date | null {
  return at === undefined ? null : new Date(at);
}
