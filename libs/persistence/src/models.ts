import type { Queries } from './database.js';
import type { Model, Prisma, Provider, Target } from './generated/client.js';
import type { Page, PageRequest } from './page.js';
import { cutPage, pageQuery } from './page.js';

export type TargetRow = Target & { provider: Provider };
export type ModelRow = Model & { targets: TargetRow[] };
export type NewModel = Omit<Prisma.ModelCreateInput, 'createdAt' | 'updatedAt' | 'targets'>;
export type ModelChange = Omit<Prisma.ModelUpdateInput, 'targets'>;
export type NewTarget = Omit<Prisma.TargetUncheckedCreateInput, 'modelId' | 'position'>;

const WITH_TARGETS = {
  targets: { orderBy: { position: 'asc' }, include: { provider: true } },
} as const;

/** Every model with its targets, for the snapshot. */
export function loadModels(queries: Queries): Promise<ModelRow[]> {
  return queries.model.findMany({ include: WITH_TARGETS });
}

export function findModel(queries: Queries, id: string): Promise<ModelRow | null> {
  return queries.model.findUnique({ where: { id }, include: WITH_TARGETS });
}

/** All but those with the ids `except`. */
export async function listModels(
  queries: Queries,
  page: PageRequest,
  except: readonly string[] = [],
): Promise<Page<ModelRow>> {
  const where = { id: { notIn: [...except] } };
  return cutPage(await queries.model.findMany({ ...pageQuery(page), where, include: WITH_TARGETS }), page);
}

export async function createModel(
  queries: Queries,
  model: NewModel,
  targets: NewTarget[],
): Promise<ModelRow> {
  await queries.model.create({ data: model });
  return replaceTargets(queries, model.id, targets);
}

/** Changes what is given; `targets`, where given, replace all there were. */
export async function updateModel(
  queries: Queries,
  id: string,
  change: ModelChange,
  targets: NewTarget[] | undefined,
): Promise<ModelRow> {
  await queries.model.update({ where: { id }, data: change });
  if (targets) return replaceTargets(queries, id, targets);
  return queries.model.findUniqueOrThrow({ where: { id }, include: WITH_TARGETS });
}

export function deleteModel(queries: Queries, id: string): Promise<Model> {
  return queries.model.delete({ where: { id } });
}

async function replaceTargets(queries: Queries, modelId: string, targets: NewTarget[]): Promise<ModelRow> {
  await queries.target.deleteMany({ where: { modelId } });
  await queries.target.createMany({
    data: targets.map((target, position) => ({ ...target, modelId, position })),
  });
  return queries.model.findUniqueOrThrow({ where: { id: modelId }, include: WITH_TARGETS });
}
