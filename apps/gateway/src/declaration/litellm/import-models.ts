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
  readonly weight?: number | undefined;
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
  'aws_region_name',
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'headers',
  'extra_headers',
  'timeout',
  'order',
  'weight',
  'vertex_project',
  'vertex_ai_project',
  'vertex_location',
  'vertex_ai_location',
  'vertex_credentials',
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
    const weighed = weigh(targets);
    if (isGood(name, weighed, note)) models.set(name, weighed);
    else models.delete(name);
  }
  return models;
}

/** `{alias: model}`: another name for the same targets. @returns the names that were taken, to their models */
export function addAliases(
  models: Map<string, TargetItem[]>,
  aliases: unknown,
  note: Note,
): Map<string, string> {
  const taken = new Map<string, string>();
  for (const [alias, value] of Object.entries(membersOf(aliases))) {
    const of = typeof value === 'string' ? value : membersOf(value).model;
    const targets = typeof of === 'string' ? models.get(of) : undefined;
    if (!targets || models.has(alias) || !isGood(alias, targets, note)) {
      note(`router_settings.model_group_alias: ${oneLine(alias)} is not taken.`);
    } else {
      models.set(alias, [...targets]);
      taken.set(alias, of as string);
    }
  }
  return taken;
}

const MOST_WEIGHT = 1_000;

/** Weights may be any numbers there, and whole ones up to a thousand here. Nobody's weight is everybody's. */
function weigh(targets: readonly TargetItem[]): TargetItem[] {
  const most = Math.max(...targets.map(({ weight = 1 }) => weight));
  if (most === 0) return targets.map((target) => ({ ...target, weight: undefined }));
  const isPlain = ({ weight = 1 }: TargetItem): boolean => Number.isInteger(weight) && weight <= MOST_WEIGHT;
  if (targets.every(isPlain)) return [...targets];
  const scaled = (weight: number): number =>
    weight === 0 ? 0 : Math.max(1, Math.round((weight / most) * MOST_WEIGHT));
  return targets.map(({ weight = 1, ...target }) => ({ ...target, weight: scaled(weight) }));
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
  const { timeout, order, weight } = params;
  if (timeout !== undefined && typeof timeout !== 'number') note(`${label}: timeout is not taken.`);
  const isWeight = typeof weight === 'number' && Number.isFinite(weight) && weight >= 0;
  if (weight !== undefined && !isWeight) note(`${label}: weight is not taken.`);
  return {
    ...found,
    ...(typeof order === 'number' ? { priority: order } : {}),
    ...(isWeight ? { weight } : {}),
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
