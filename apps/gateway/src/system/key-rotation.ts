import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '#observability';
import { Database, KEY_NAMES, countUnderOld, dropOldVersions, resealProviders } from '#persistence';
import type { KeyName, SecretKeys } from '#persistence';
import { note } from '../admin/note.js';
import type { Actor } from '../admin/note.js';
import { SECRET_KEYS } from '../database/database.module.js';
import { LOGGER } from '../logging/logging.module.js';

/** By then every gateway has heard of a new version. */
const SPREAD_MS = 60_000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Whoever asks how the gateway is does not wait longer for this. */
const COUNT_MS = 900;

/** Rotates the keys that the database keeps, while calls go on: what is under an older version moves to the newest. */
@Injectable()
export class KeyRotation implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    @Inject(SECRET_KEYS) private readonly keys: SecretKeys,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** What a process that died, or was too early, left to do. */
  onApplicationBootstrap(): void {
    void this.finish();
    this.finishIn(DAY_MS);
  }

  onApplicationShutdown(): void {
    clearTimeout(this.timer);
  }

  /** @throws GatewayError */
  async rotate(which: KeyName, actor: Actor) {
    const version = await this.keys.renew(which, note(actor, 'rotate', 'wrapped_key', which, { which }));
    const resealed = which === 'secrets' ? await resealProviders(this.database, this.keys.box) : 0;
    this.finishIn(SPREAD_MS + 1_000);
    return { object: 'system.key_rotation', which, version, resealed };
  }

  /** Null: the database does not say. */
  async describe() {
    const counts = await this.database
      .read((queries) => countUnderOld(queries, this.keys), COUNT_MS)
      .catch(() => undefined);
    return KEY_NAMES.map((name) => ({
      name,
      version: this.keys.versionOf(name),
      under_old: counts?.[name] ?? null,
    }));
  }

  private finishIn(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      void this.finish();
      this.finishIn(DAY_MS);
    }, ms).unref();
  }

  private async finish(): Promise<void> {
    try {
      await this.keys.learn();
      const resealed = await resealProviders(this.database, this.keys.box);
      const dropped = await dropOldVersions(this.database, this.keys, SPREAD_MS);
      if (resealed + dropped > 0) this.logger.info({ event: 'key_rotation', resealed, dropped });
    } catch (error) {
      this.logger.error({ event: 'key_rotation', err: error }, 'keys of the database cannot be rotated');
    }
  }
}
