import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { GatewayError } from '#contract';
import type { PageRequest, Queries, TeamRow } from '#persistence';
import {
  countKeys,
  createTeam,
  Database,
  deleteTeam,
  findTeam,
  listTeams,
  lockTeam,
  updateTeam,
} from '#persistence';
import { TeamRegistry } from '../auth/team-registry.js';
import type { Declaration } from '../models/declaration.js';
import { declaredFirst } from './list.js';
import { note } from './note.js';
import type { Actor } from './note.js';
import { storedBudget } from './stored-budget.js';
import { teamFields } from './team-fields.js';
import type { CreateTeamBody, UpdateTeamBody } from './teams.body.js';

/** Makes, changes and takes away teams: in the database, then in what their keys hold of them. */
@Injectable()
export class TeamAdmin {
  constructor(
    private readonly database: Database,
    private readonly teams: TeamRegistry,
  ) {}

  /** Those of the file first; what sleeps under their names is left out. */
  list(page: PageRequest) {
    const { teams } = this.declaration;
    const names = teams.map(({ name }) => name);
    return declaredFirst(teams, page, (rest) =>
      this.database.read((queries) => listTeams(queries, rest, names)),
    );
  }

  async read(id: string): Promise<TeamRow> {
    const declared = this.declaration.teamWithId(id);
    return declared ?? this.database.read((queries) => existing(queries, id));
  }

  isDeclared({ id }: Pick<TeamRow, 'id'>): boolean {
    return this.declaration.teamWithId(id) !== undefined;
  }

  async create(body: CreateTeamBody, actor: Actor): Promise<TeamRow> {
    this.declaration.guardTeam(body.name);
    const id = `team_${randomBytes(12).toString('hex')}`;
    return this.refreshed(
      this.database.write(note(actor, 'create', 'team', id, body), (queries) =>
        createTeam(queries, teamFields(id, body)),
      ),
    );
  }

  async update(id: string, body: UpdateTeamBody, actor: Actor): Promise<TeamRow> {
    this.declaration.guardTeam(body.name);
    const change = {
      name: body.name,
      models: body.models === null ? [] : body.models,
      limits: body.limits === undefined ? undefined : { ...body.limits },
      budget: storedBudget(body.budget),
      endUserBudget: storedBudget(body.end_user_budget),
      metadata: body.metadata === null ? {} : (body.metadata as object | undefined),
    };
    return this.refreshed(
      this.database.write(note(actor, 'update', 'team', id, body), async (queries) => {
        await this.changeable(queries, id);
        return updateTeam(queries, id, change);
      }),
    );
  }

  async delete(id: string, actor: Actor): Promise<void> {
    await this.refreshed(
      this.database.write(note(actor, 'delete', 'team', id), async (queries) => {
        await lockTeam(queries, id);
        await this.changeable(queries, id);
        await expectNoKeys(queries, id);
        return deleteTeam(queries, id);
      }),
    );
  }

  private get declaration(): Declaration {
    return this.teams.declaration;
  }

  private async changeable(queries: Queries, id: string): Promise<void> {
    this.declaration.guardTeam(this.declaration.teamWithId(id)?.name);
    const { name } = await existing(queries, id);
    this.declaration.guardTeam(name);
  }

  private async refreshed<T>(change: Promise<T>): Promise<T> {
    const result = await change;
    await this.teams.refresh();
    return result;
  }
}

async function existing(queries: Queries, id: string): Promise<TeamRow> {
  const row = await findTeam(queries, id);
  if (!row) throw new GatewayError('not_found', { message: 'There is no such team.' });
  return row;
}

/** Without its team a key would be bounded by nobody, or be good for nothing. @throws GatewayError */
async function expectNoKeys(queries: Queries, teamId: string): Promise<void> {
  const count = await countKeys(queries, { teamId });
  if (count === 0) return;
  const message = `The team has ${count === 1 ? '1 key' : `${count} keys`}.`;
  throw new GatewayError('conflict', { message });
}
