import type { Queries } from './database.js';
import type { Prisma, Team } from './generated/client.js';
import type { Page, PageRequest } from './page.js';
import { cutPage, pageQuery } from './page.js';

export type { Team as TeamRow } from './generated/client.js';
export type NewTeam = Omit<Prisma.TeamCreateInput, 'createdAt' | 'updatedAt'>;
export type TeamChange = Prisma.TeamUpdateInput;

/** Every team, for the snapshot. */
export function loadTeams(queries: Queries): Promise<Team[]> {
  return queries.team.findMany();
}

export function findTeam(queries: Queries, id: string): Promise<Team | null> {
  return queries.team.findUnique({ where: { id } });
}

/** All but those of the names `except`. */
export async function listTeams(
  queries: Queries,
  page: PageRequest,
  except: readonly string[] = [],
): Promise<Page<Team>> {
  const where = { name: { notIn: [...except] } };
  return cutPage(await queries.team.findMany({ ...pageQuery(page), where }), page);
}

export function createTeam(queries: Queries, team: NewTeam): Promise<Team> {
  return queries.team.create({ data: team });
}

export function updateTeam(queries: Queries, id: string, change: TeamChange): Promise<Team> {
  return queries.team.update({ where: { id }, data: change });
}

export function deleteTeam(queries: Queries, id: string): Promise<Team> {
  return queries.team.delete({ where: { id } });
}

/** Is there such a team, and will it be there until the transaction ends? Keys refer to teams by no foreign key. */
export async function holdTeam(queries: Queries, id: string): Promise<boolean> {
  const rows = await queries.$queryRaw<object[]>`SELECT id FROM team WHERE id = ${id} FOR KEY SHARE`;
  return rows.length > 0;
}

/** Until the transaction ends nobody holds the team, and whoever did has written what it was held for. */
export async function lockTeam(queries: Queries, id: string): Promise<void> {
  await queries.$queryRaw`SELECT id FROM team WHERE id = ${id} FOR UPDATE`;
}
