import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { CreateModelBody } from '../../admin/models.body.js';
import type { Providers } from './import-providers.js';
import { membersOf, oneLine } from './litellm-config.js';
import type { Entry, Members } from './litellm-config.js';

export interface TargetItem {
  readonly provider: string;
  readonly model: string;
  readonly priority?: number;
  readonly timeouts?: { readonly total_ms: number };
}

/** Members of `litellm_params` that are taken. */
const TAKEN = new Set([
  'model',
  'api_key',
  'api_base',
  'base_url',
  'api_version',
  'custom_llm_provider',
  'organization',
  'headers',
  'extra_headers',
  'timeout',
  'order',
]);

type Note = (text: string) => void;

/** Several entries of one name are one model with several targets. */
export function importModels(entries: readonly Entry[], providers: Providers, note: Note) {
  const models = new Map<string, TargetItem[]>();
  for (const entry of entries) {
    const { label, name, params, rest } = entry;
    if (name === undefined) {
      note(`${label} is not taken: it has no model_name.`);
      continue;
    }
    const target = targetOf(entry, providers, note);
    if (!target) continue;
    const left = [...Object.keys(params).filter((member) => !TAKEN.has(member)), ...namesIn(rest)];
    if (left.length > 0) note(`${label}: no counterpart for ${left.map(oneLine).join(', ')}.`);
    models.set(name, [...(models.get(name) ?? []), target]);
  }
  for (const [name, targets] of models) {
    if (!isGood(name, targets, note)) models.delete(name);
    else if (targets.length > 1 && targets.every(({ priority }) => priority === undefined)) {
      note(
        `${oneLine(name)}: LiteLLM spreads calls over its ${targets.length} entries; here they are asked in order.`,
      );
    }
  }
  return models;
}

/** `{alias: model}`: another name for the same targets. */
export function addAliases(models: Map<string, TargetItem[]>, aliases: unknown, note: Note): void {
  for (const [alias, value] of Object.entries(membersOf(aliases))) {
    const of = typeof value === 'string' ? value : membersOf(value).model;
    const targets = typeof of === 'string' ? models.get(of) : undefined;
    if (!targets || models.has(alias) || !isGood(alias, targets, note)) {
      note(`router_settings.model_group_alias: ${oneLine(alias)} is not taken.`);
    } else {
      models.set(alias, [...targets]);
    }
  }
}

/** `[{model: [others]}]`: the others' targets, asked after the model's own. */
export function addFallbacks(
  models: Map<string, TargetItem[]>,
  where: string,
  list: unknown,
  note: Note,
): void {
  const own = new Map(models);
  for (const [name, others] of (Array.isArray(list) ? list : []).flatMap((one) =>
    Object.entries(membersOf(one)),
  )) {
    for (const other of Array.isArray(others) ? others : [others]) {
      const targets = models.get(name);
      const added = typeof other === 'string' && !other.endsWith('*') ? own.get(other) : undefined;
      if (!targets || !added || name.endsWith('*')) {
        note(`${where}: ${oneLine(name)} → ${oneLine(String(other))} is not taken.`);
        continue;
      }
      const priority = Math.max(...targets.map((target) => target.priority ?? 0)) + 1;
      const further = added.map((target) => ({ ...target, priority }));
      models.set(name, [...targets, ...further]);
      note(
        `${where}: ${oneLine(name)} → ${oneLine(String(other))}: as targets that are asked after its own.`,
      );
    }
  }
}

function targetOf(entry: Entry, providers: Providers, note: Note): TargetItem | undefined {
  const { label, name = '', params } = entry;
  const isPattern = name.endsWith('*');
  if (isPattern && params.model === '*') {
    return void note(`${label} is not taken: which provider it calls depends on the name.`);
  }
  const found = providers.find(entry);
  if (!found) return undefined;
  if (found.model.endsWith('*') && !isPattern) {
    return void note(`${label} is not taken: its model is a pattern and its name is none.`);
  }
  const { timeout, order } = params;
  if (timeout !== undefined && typeof timeout !== 'number') note(`${label}: timeout is not taken.`);
  return {
    ...found,
    ...(typeof order === 'number' ? { priority: order } : {}),
    ...(typeof timeout === 'number' ? { timeouts: { total_ms: Math.round(timeout * 1000) } } : {}),
  };
}

function isGood(id: string, targets: readonly TargetItem[], note: Note): boolean {
  const errors = validateSync(plainToInstance(CreateModelBody, { id, targets }), { whitelist: true });
  if (errors.length > 0)
    note(
      `${oneLine(id)} is not taken: ${errors.map(({ property }) => property).join(', ')} cannot be so here.`,
    );
  return errors.length === 0;
}

/** `model_info.mode` */
function namesIn(rest: Members): string[] {
  return Object.entries(rest).flatMap(([name, value]) => {
    const below = Object.keys(membersOf(value));
    return below.length === 0 ? [name] : below.map((member) => `${name}.${member}`);
  });
}
