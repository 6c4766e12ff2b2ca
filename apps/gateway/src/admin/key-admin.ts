import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { GatewayError } from '#contract';
import type { Key, KeyChange, KeyFilter, PageRequest, Queries, SecretKeys } from '#persistence';
import {
  createKey,
  Database,
  deleteKey,
  findKey,
  holdTeam,
  listKeys,
  lockKeys,
  updateKey,
} from '#persistence';
import { KeyCache } from '../auth/key-cache.js';
import { TeamRegistry } from '../auth/team-registry.js';
import { SECRET_KEYS } from '../database/database.module.js';
import { checkGrant } from './grants.js';
import type { CreateKeyBody, UpdateKeyBody } from './keys.body.js';
import { note } from './note.js';
import type { Actor } from './note.js';
import { storedBudget } from './stored-budget.js';

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
    private readonly teams: TeamRegistry,
    @Inject(SECRET_KEYS) private readonly secrets: SecretKeys,
  ) {}

  list(page: PageRequest, filter: KeyFilter) {
    return this.database.read((queries) => listKeys(queries, page, filter));
  }

  async read(id: string): Promise<Key> {
    return this.database.read((queries) => existing(queries, id));
  }

  async create(body: CreateKeyBody, actor: Actor): Promise<FreshKey> {
    const id = `key_${randomBytes(12).toString('hex')}`;
    const secret = newSecret();
    const { name, role = 'member', models, limits, budget, end_user_budget, expires_at, metadata } = body;
    const row = await this.database.write(note(actor, 'create', 'key', id, body), async (queries) => {
      const grantor = await grantorOf(queries, actor);
      await this.expectTeam(queries, body.team_id);
      const made = await createKey(queries, {
        id,
        name,
        role,
        ...this.identity(secret),
        teamId: body.team_id,
        models: models ?? [],
        limits: { ...limits },
        allowedIps: body.allowed_ips ?? [],
        budget: storedBudget(budget) ?? {},
        endUserBudget: storedBudget(end_user_budget) ?? {},
        metadata: (metadata ?? {}) as object,
        expiresAt: toDate(expires_at) ?? null,
      });
      checkGrant(grantor, made);
      return made;
    });
    await this.remember(row);
    return { row, secret };
  }

  async update(id: string, body: UpdateKeyBody, actor: Actor): Promise<Key> {
    const change: KeyChange = {
      name: body.name,
      role: body.role,
      teamId: body.team_id,
      models: body.models === null ? [] : body.models,
      limits: body.limits === undefined ? undefined : { ...body.limits },
      allowedIps: body.allowed_ips === null ? [] : body.allowed_ips,
      budget: storedBudget(body.budget),
      endUserBudget: storedBudget(body.end_user_budget),
      metadata: body.metadata === null ? {} : (body.metadata as object | undefined),
      expiresAt: toDate(body.expires_at),
    };
    return this.change(id, actor, note(actor, 'update', 'key', id, body), async (_, queries) => {
      await this.expectTeam(queries, body.team_id);
      return change;
    });
  }

  async rotate(id: string, graceSeconds: number, actor: Actor): Promise<FreshKey> {
    const secret = newSecret();
    const asked = { grace_seconds: graceSeconds };
    const row = await this.change(id, actor, note(actor, 'rotate', 'key', id, asked), (before) => {
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
    return this.change(id, actor, note(actor, 'revoke', 'key', id, { reason }), (before) => ({
      revokedAt: before.revokedAt ?? new Date(),
      revokedReason: reason ?? before.revokedReason,
    }));
  }

  async delete(id: string, actor: Actor): Promise<void> {
    await this.database.write(note(actor, 'delete', 'key', id), async (queries) => {
      const grantor = await grantorOf(queries, actor, id);
      checkGrant(grantor, await existing(queries, id));
      return deleteKey(queries, id);
    });
    this.cache.replace(id, null);
  }

  private async change(
    id: string,
    actor: Actor,
    auditNote: ReturnType<typeof note>,
    change: (before: Key, queries: Queries) => KeyChange | Promise<KeyChange>,
  ): Promise<Key> {
    const row = await this.database.write(auditNote, async (queries) => {
      const grantor = await grantorOf(queries, actor, id);
      const before = await existing(queries, id);
      checkGrant(grantor, before);
      const after = await updateKey(queries, id, await change(before, queries));
      checkGrant(grantor, after);
      return after;
    });
    await this.remember(row);
    return row;
  }

  /** Another gateway may have made its team a moment ago: the key is good at once all the same. */
  private async remember(row: Key): Promise<void> {
    this.cache.replace(row.id, row);
    await this.teams.meet([row.teamId]);
  }

  /** Null takes a key out of its team. @throws GatewayError `invalid_value` */
  private async expectTeam(queries: Queries, id: string | null | undefined): Promise<void> {
    if (id === null || id === undefined || this.teams.declaration.teamWithId(id)) return;
    if (await holdTeam(queries, id)) return;
    throw new GatewayError('invalid_value', { param: 'team_id', message: `There is no team '${id}'.` });
  }

  private identity(secret: string) {
    return { hash: this.secrets.hasher.hash(secret), prefix: secret.slice(0, SHOWN) };
  }
}

/**
 * The key that grants, as it stands; undefined: the master key, which holds everything. It and the key `id` stay as
 * they are until the transaction ends: what is checked is what is changed, and what was written goes back with it.
 */
async function grantorOf(queries: Queries, { keyId }: Actor, id?: string): Promise<Key | undefined> {
  await lockKeys(
    queries,
    [keyId, id].filter((each) => typeof each === 'string'),
  );
  if (keyId === null) return undefined;
  const grantor = await findKey(queries, keyId);
  if (!grantor || isOver(grantor)) throw new GatewayError('invalid_api_key');
  return grantor;
}

/** Another gateway may have revoked it a moment ago. */
function isOver({ revokedAt, expiresAt }: Key): boolean {
  return revokedAt !== null || (expiresAt !== null && expiresAt.getTime() <= Date.now());
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
