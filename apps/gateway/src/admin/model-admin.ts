import { Injectable } from '@nestjs/common';
import { GatewayError } from '#contract';
import type { ModelRow, NewTarget, PageRequest, Queries } from '#persistence';
import {
  createModel,
  Database,
  deleteModel,
  findModel,
  findProviderCalled,
  listModels,
  updateModel,
} from '#persistence';
import { ModelRegistry } from '../models/model-registry.js';
import type { CreateModelBody, ModelSettingsBody, TargetBody, UpdateModelBody } from './models.body.js';
import { note } from './note.js';
import type { Actor } from './note.js';

/** Makes, changes and takes away models: in the database, then in the snapshot that calls are routed by. */
@Injectable()
export class ModelAdmin {
  constructor(
    private readonly database: Database,
    private readonly models: ModelRegistry,
  ) {}

  list(page: PageRequest) {
    return this.database.read((queries) => listModels(queries, page));
  }

  read(id: string): Promise<ModelRow> {
    return this.database.read((queries) => existing(queries, id));
  }

  create(body: CreateModelBody, actor: Actor): Promise<ModelRow> {
    return this.refreshed(
      this.database.write(note(actor, 'create', 'model', body.id, body), async (queries) => {
        const { rows, ownedBy } = await findTargets(queries, body.targets);
        return createModel(queries, { id: body.id, ...settings(body, ownedBy) }, rows);
      }),
    );
  }

  /** Every setting anew; what is not given falls back to its default. */
  replace(id: string, body: ModelSettingsBody, actor: Actor): Promise<ModelRow> {
    return this.refreshed(
      this.database.write(note(actor, 'replace', 'model', id, body), async (queries) => {
        await existing(queries, id);
        const { rows, ownedBy } = await findTargets(queries, body.targets);
        return updateModel(queries, id, settings(body, ownedBy), rows);
      }),
    );
  }

  update(id: string, body: UpdateModelBody, actor: Actor): Promise<ModelRow> {
    return this.refreshed(
      this.database.write(note(actor, 'update', 'model', id, body), async (queries) => {
        await existing(queries, id);
        const found = body.targets ? await findTargets(queries, body.targets) : undefined;
        const change = {
          ownedBy: body.owned_by,
          strategy: body.strategy,
          timeouts: body.timeouts === undefined ? undefined : { ...body.timeouts },
          price: body.price === undefined ? undefined : { ...body.price },
          metadata: body.metadata === undefined ? undefined : ((body.metadata ?? {}) as object),
          enabled: body.enabled,
        };
        return updateModel(queries, id, change, found?.rows);
      }),
    );
  }

  async delete(id: string, actor: Actor): Promise<void> {
    await this.refreshed(
      this.database.write(note(actor, 'delete', 'model', id), (queries) => deleteModel(queries, id)),
    );
  }

  private async refreshed<T>(change: Promise<T>): Promise<T> {
    const result = await change;
    await this.models.refresh();
    return result;
  }
}

function settings(body: ModelSettingsBody, ownedBy: string) {
  return {
    ownedBy: body.owned_by ?? ownedBy,
    strategy: body.strategy ?? 'priority',
    timeouts: { ...body.timeouts },
    price: { ...body.price },
    metadata: (body.metadata ?? {}) as object,
    enabled: body.enabled ?? true,
  };
}

/** The targets' rows, and who owns the model where nobody says: the first provider's type. */
async function findTargets(queries: Queries, targets: readonly TargetBody[]) {
  const rows: NewTarget[] = [];
  let ownedBy: string | undefined;
  for (const [index, target] of targets.entries()) {
    const provider = await findProviderCalled(queries, target.provider);
    if (!provider) {
      const param = `targets[${index}].provider`;
      throw new GatewayError('invalid_value', {
        param,
        message: `There is no provider '${target.provider}'.`,
      });
    }
    ownedBy ??= provider.type;
    rows.push({
      providerId: provider.id,
      upstreamModel: target.model,
      priority: target.priority ?? 0,
      timeouts: { ...target.timeouts },
      price: { ...target.price },
    });
  }
  return { rows, ownedBy: ownedBy ?? 'pllm' };
}

async function existing(queries: Queries, id: string): Promise<ModelRow> {
  const row = await findModel(queries, id);
  if (!row) throw new GatewayError('not_found', { message: 'There is no such model.' });
  return row;
}
