import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { GatewayError } from '#contract';
import type { Key, KeyChange, PageRequest, Queries, SecretKeys } from '#persistence';
import { createKey, Database, deleteKey, findKey, listKeys, updateKey } from '#persistence';
import { KeyCache } from '../auth/key-cache.js';
import { SECRET_KEYS } from '../database/database.module.js';
import { storedBudget } from './stored-budget.js';
import type { CreateKeyBody, UpdateKeyBody } from './keys.body.js';
import { note } from './note.js';
import type { Actor } from './note.js';

/** A key with its secret: shown once. */
export interface FreshKey {
  readonly row: Key;
  readonly secret: string;
}

/** How much of a secret a list shows, so that a person knows it again. */
const SHOWN = 12;

/** Makes, changes and takes away keys: in the database, then in this process's memory. */
@Injectable()
export class KeyAdmin {
  constructor(
    private readonly database: Database,
    private readonly cache: KeyCache,
    @Inject(SECRET_KEYS) private readonly secrets: SecretKeys,
  ) {}

  list(page: PageRequest) {
    return this.database.read((queries) => listKeys(queries, page));
  }

  async read(id: string): Promise<Key> {
    return this.database.read((queries) => existing(queries, id));
  }

  async create(body: CreateKeyBody, actor: Actor): Promise<FreshKey> {
    const id = `key_${randomBytes(12).toString('hex')}`;
    const secret = newSecret();
    const { name, role = 'member', models, limits, budget, end_user_budget, expires_at, metadata } = body;
    const row = await this.database.write(note(actor, 'create', 'key', id, body), (queries) =>
      createKey(queries, {
        id,
        name,
        role,
        ...this.identity(secret),
        models: models ?? [],
        limits: { ...limits },
        budget: storedBudget(budget) ?? {},
        endUserBudget: storedBudget(end_user_budget) ?? {},
        metadata: (metadata ?? {}) as object,
        expiresAt: toDate(expires_at) ?? null,
      }),
    );
    this.cache.replace(id, row);
    return { row, secret };
  }

  async update(id: string, body: UpdateKeyBody, actor: Actor): Promise<Key> {
    const change: KeyChange = {
      name: body.name,
      role: body.role,
      models: body.models === null ? [] : body.models,
      limits: body.limits === undefined ? undefined : { ...body.limits },
      budget: storedBudget(body.budget),
      endUserBudget: storedBudget(body.end_user_budget),
      metadata: body.metadata === null ? {} : (body.metadata as object | undefined),
      expiresAt: toDate(body.expires_at),
    };
    return this.change(id, note(actor, 'update', 'key', id, body), () => change);
  }

  async rotate(id: string, graceSeconds: number, actor: Actor): Promise<FreshKey> {
    const secret = newSecret();
    const asked = { grace_seconds: graceSeconds };
    const row = await this.change(id, note(actor, 'rotate', 'key', id, asked), (before) => {
      if (before.revokedAt) throw new GatewayError('conflict', { message: 'The key is revoked.' });
      return {
        ...this.identity(secret),
        previousHash: graceSeconds > 0 ? before.hash : null,
        previousExpiresAt: graceSeconds > 0 ? new Date(Date.now() + graceSeconds * 1000) : null,
      };
    });
    return { row, secret };
  }

  revoke(id: string, reason: string | undefined, actor: Actor): Promise<Key> {
    return this.change(id, note(actor, 'revoke', 'key', id, { reason }), (before) => ({
      revokedAt: before.revokedAt ?? new Date(),
      revokedReason: reason ?? before.revokedReason,
    }));
  }

  async delete(id: string, actor: Actor): Promise<void> {
    await this.database.write(note(actor, 'delete', 'key', id), (queries) => deleteKey(queries, id));
    this.cache.replace(id, null);
  }

  private async change(
    id: string,
    auditNote: ReturnType<typeof note>,
    change: (before: Key) => KeyChange,
  ): Promise<Key> {
    const row = await this.database.write(auditNote, async (queries) =>
      updateKey(queries, id, change(await existing(queries, id))),
    );
    this.cache.replace(id, row);
    return row;
  }

  private identity(secret: string) {
    return { hash: this.secrets.hasher.hash(secret), prefix: secret.slice(0, SHOWN) };
  }
}

async function existing(queries: Queries, id: string): Promise<Key> {
  const row = await findKey(queries, id);
  if (!row) throw new GatewayError('not_found', { message: 'There is no such key.' });
  return row;
}

function newSecret(): string {
  return `sk-pllm-${randomBytes(24).toString('base64url')}`;
}

function toDate(text: string | null | undefined): Date | null | undefined {
  return typeof text === 'string' ? new Date(text) : text;
}
