import { covers } from '../../models/covers.js';
import type { TargetItem } from './import-models.js';
import { membersOf, oneLine } from './litellm-config.js';
import type { Members } from './litellm-config.js';

/** What a model of ours says of how its calls are routed. */
export interface RoutingItem {
  readonly strategy?: string;
  readonly fallbacks?: readonly string[];
  readonly retry?: { readonly attempts: number };
}

type Note = (text: string) => void;
type Models = ReadonlyMap<string, readonly TargetItem[]>;

/** Settings that are taken into the models, as `section.name`. */
export const ROUTING_SETTINGS: ReadonlySet<string> = new Set([
  'router_settings.routing_strategy',
  'router_settings.model_group_alias',
  ...['router_settings', 'litellm_settings'].flatMap((section) =>
    ['fallbacks', 'context_window_fallbacks', 'num_retries'].map((name) => `${section}.${name}`),
  ),
]);

const STRATEGIES: Readonly<Record<string, string>> = {
  'simple-shuffle': 'weighted',
  'least-busy': 'least-busy',
  'latency-based-routing': 'least-latency',
  'cost-based-routing': 'lowest-cost',
};

const MOST_FALLBACKS = 10;
const MOST_ATTEMPTS = 10;

/** How calls of each model are routed; `aliases`: other names to the models that they stand for. */
export function importRouting(
  models: Models,
  aliases: ReadonlyMap<string, string>,
  sections: Members,
  note: Note,
): (id: string) => RoutingItem {
  const strategy = strategyOf(models, membersOf(sections.router_settings).routing_strategy, note);
  const retries = retriesOf(sections, note);
  const fallbacks = new Fallbacks(models, note);
  fallbacks.add(sections, 'fallbacks');
  fallbacks.add(sections, 'context_window_fallbacks');
  return (id) => {
    const names = fallbacks.of(id, aliases.get(id));
    const isSpread = (models.get(id)?.length ?? 0) > 1;
    // There, each model of a call is tried so often; here, all of them together.
    const attempts = retries === undefined ? 0 : (retries + 1) * (1 + names.length);
    if (attempts > MOST_ATTEMPTS) note(`${oneLine(id)}: a call makes ${MOST_ATTEMPTS} attempts at most.`);
    return {
      ...(isSpread && strategy !== undefined && { strategy }),
      ...(names.length > 0 && { fallbacks: names }),
      ...(attempts > 0 && { retry: { attempts: Math.min(attempts, MOST_ATTEMPTS) } }),
    };
  };
}

/** LiteLLM spreads calls where nothing is said. */
function strategyOf(models: Models, name: unknown = 'simple-shuffle', note: Note): string | undefined {
  const known = typeof name === 'string' && Object.hasOwn(STRATEGIES, name) ? STRATEGIES[name] : undefined;
  if (known !== undefined) return known;
  note(`router_settings.routing_strategy: ${oneLine(String(name))} is not taken.`);
  for (const [id, targets] of models) {
    if (targets.length < 2 || targets.some(({ priority }) => priority !== undefined)) continue;
    const count = targets.length;
    note(`${oneLine(id)}: LiteLLM spreads calls over its ${count} entries; here they are asked in order.`);
  }
  return undefined;
}

/** Undefined: nothing is said. */
function retriesOf(sections: Members, note: Note): number | undefined {
  let found: number | undefined;
  for (const section of ['router_settings', 'litellm_settings']) {
    const retries = membersOf(sections[section]).num_retries;
    if (retries === undefined || retries === null) continue;
    const isGood = typeof retries === 'number' && Number.isInteger(retries) && retries >= 0;
    if (isGood && found === undefined) found = retries;
    else note(`${section}.num_retries is not taken.`);
  }
  return found;
}

/** `[{model: [others]}]`: names that are asked when the model's own targets are spent. */
class Fallbacks {
  private readonly byModel = new Map<string, string[]>();

  constructor(
    private readonly models: Models,
    private readonly note: Note,
  ) {}

  /** A model's own, and those of the one that it is another name for. */
  of(id: string, aliasOf: string | undefined): string[] {
    const names = [id, aliasOf ?? id].flatMap((each) => this.byModel.get(each) ?? []);
    return [...new Set(names)].filter((name) => name !== id).slice(0, MOST_FALLBACKS);
  }

  add(sections: Members, name: 'fallbacks' | 'context_window_fallbacks'): void {
    for (const section of ['router_settings', 'litellm_settings']) {
      const list = membersOf(sections[section])[name];
      const isList = list === undefined || list === null || Array.isArray(list);
      if (!isList) this.note(`${section}.${name} is not taken.`);
      const pairs = (Array.isArray(list) ? list : []).flatMap((one) => Object.entries(membersOf(one)));
      for (const [id, others] of pairs) {
        for (const other of Array.isArray(others) ? others : [others])
          this.addOne(`${section}.${name}`, id, other);
      }
    }
  }

  private addOne(where: string, id: string, other: unknown): void {
    const names = this.byModel.get(id) ?? [];
    const label = `${where}: ${oneLine(id)} → ${oneLine(nameOf(other))}`;
    const isGood = typeof other === 'string' && other !== id && this.isThere(other) && this.models.has(id);
    if (!isGood || (names.length === MOST_FALLBACKS && !names.includes(other))) {
      return this.note(`${label} is not taken.`);
    }
    if (names.includes(other)) return;
    this.byModel.set(id, [...names, other]);
    if (where.endsWith('context_window_fallbacks')) {
      this.note(`${label}: asked whatever its targets failed of, not only where a request is too long.`);
    }
  }

  private isThere(name: string): boolean {
    return !name.includes('*') && [...this.models.keys()].some((id) => covers(id, name));
  }
}

/** A fallback may be a model with parameters of its own. */
function nameOf(fallback: unknown): string {
  return String(
    typeof fallback === 'string' ? fallback : (membersOf(fallback).model ?? 'a value that is no name'),
  );
}
