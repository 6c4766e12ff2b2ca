import { Inject, Injectable } from '@nestjs/common';
import { GatewayError } from '#contract';
import type { ModelRow, NewTarget, PageRequest, Queries, SecretKeys } from '#persistence';
import { createModel, Database, deleteModel, findModel, listModels, updateModel } from '#persistence';
import { SECRET_KEYS } from '../database/database.module.js';
import type { Declaration } from '../models/declaration.js';
import { ModelRegistry } from '../models/model-registry.js';
import { checkFallbacks } from './check-fallbacks.js';
import { declaredFirst } from './list.js';
import { capabilitiesField, modelFields, targetFields } from './model-fields.js';
import type { CreateModelBody, ModelSettingsBody, TargetBody, UpdateModelBody } from './models.body.js';
import { note } from './note.js';
import type { Actor } from './note.js';
import { findOrStandIn } from './stand-in.js';

/** Makes, changes and takes away models: in the database, then in the snapshot that calls are routed by. */
@Injectable()
export class ModelAdmin {
  constructor(
    private readonly database: Database,
    private readonly models: ModelRegistry,
    @Inject(SECRET_KEYS) private readonly secrets: SecretKeys,
  ) {}

  /** Those of the file first; what sleeps under their names is left out. */
  list(page: PageRequest) {
    const { models } = this.declaration;
    const ids = models.map(({ id }) => id);
    return declaredFirst(models, page, (rest) =>
      this.database.read((queries) => listModels(queries, rest, ids)),
    );
  }

  async read(id: string): Promise<ModelRow> {
    const declared = this.declaration.model(id);
    return declared ?? this.database.read((queries) => existing(queries, id));
  }

  isDeclared({ id }: Pick<ModelRow, 'id'>): boolean {
    return this.declaration.model(id) !== undefined;
  }

  async create(body: CreateModelBody, actor: Actor): Promise<ModelRow> {
    this.declaration.guardModel(body.id);
    return this.refreshed(
      this.database.write(note(actor, 'create', 'model', body.id, body), async (queries) => {
        const { rows, ownedBy } = await this.findTargets(queries, body.targets);
        await checkFallbacks(body.id, body.fallbacks, this.models, queries);
        return createModel(queries, { id: body.id, ...modelFields(body, ownedBy) }, rows);
      }),
    );
  }

  /** Every setting anew; what is not given falls back to its default. */
  replace(id: string, body: ModelSettingsBody, actor: Actor): Promise<ModelRow> {
    return this.refreshed(
      this.database.write(note(actor, 'replace', 'model', id, body), async (queries) => {
        await this.changeable(queries, id);
        const { rows, ownedBy } = await this.findTargets(queries, body.targets);
        await checkFallbacks(id, body.fallbacks, this.models, queries);
        return updateModel(queries, id, modelFields(body, ownedBy), rows);
      }),
    );
  }

  update(id: string, body: UpdateModelBody, actor: Actor): Promise<ModelRow> {
    return this.refreshed(
      this.database.write(note(actor, 'update', 'model', id, body), async (queries) => {
        await this.changeable(queries, id);
        await checkFallbacks(id, body.fallbacks, this.models, queries);
        const found = body.targets ? await this.findTargets(queries, body.targets) : undefined;
        const change = {
          ownedBy: body.owned_by,
          strategy: body.strategy,
          fallbacks: body.fallbacks === undefined ? undefined : [...(body.fallbacks ?? [])],
          retry: body.retry === undefined ? undefined : { ...body.retry },
          timeouts: body.timeouts === undefined ? undefined : { ...body.timeouts },
          price: body.price === undefined ? undefined : { ...body.price },
          unsupportedParameters: body.unsupported_parameters,
          capabilities: body.capabilities === undefined ? undefined : capabilitiesField(body.capabilities),
          limits: body.limits === undefined ? undefined : { ...body.limits },
          metadata: body.metadata === undefined ? undefined : ((body.metadata ?? {}) as object),
          enabled: body.enabled,
        };
        return updateModel(queries, id, change, found?.rows);
      }),
    );
  }

  async delete(id: string, actor: Actor): Promise<void> {
    await this.refreshed(
      this.database.write(note(actor, 'delete', 'model', id), async (queries) => {
        await this.changeable(queries, id);
        this.declaration.guardFallback(id);
        return deleteModel(queries, id);
      }),
    );
  }

  private get declaration(): Declaration {
    return this.models.declaration;
  }

  private changeable(queries: Queries, id: string): Promise<ModelRow> {
    this.declaration.guardModel(id);
    return existing(queries, id);
  }

  /** The targets' rows, and who owns the model where nobody says: the first provider's type. */
  private async findTargets(queries: Queries, targets: readonly TargetBody[]) {
    const rows: NewTarget[] = [];
    let ownedBy: string | undefined;
    for (const [index, target] of targets.entries()) {
      const provider = await findOrStandIn(queries, target.provider, this.declaration, this.secrets.box);
      if (!provider) {
        const param = `targets[${index}].provider`;
        const message = `There is no provider '${target.provider}'.`;
        throw new GatewayError('invalid_value', { param, message });
      }
      ownedBy ??= provider.type;
      rows.push(targetFields(target, provider.id));
    }
    return { rows, ownedBy: ownedBy ?? 'pllm' };
  }

  private async refreshed<T>(change: Promise<T>): Promise<T> {
    const result = await change;
    await this.models.refresh();
    return result;
  }
}

async function existing(queries: Queries, id: string): Promise<ModelRow> {
  const row = await findModel(queries, id);
  if (!row) throw new GatewayError('not_found', { message: 'There is no such model.' });
  return row;
}
