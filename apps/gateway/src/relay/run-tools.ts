import { isObject } from '#contract';
import type { RelayedRequest } from '#contract';

export interface RunTools {
  /** What a prompt is lengthened for: 0 without tools, else one for those that are described, and one for each other. */
  readonly kinds: number;
  /** How often the provider reads, and writes: each time after it ran tools. Infinity: nobody bounds it. */
  readonly rounds: number;
}

type Value = RelayedRequest & Readonly<Record<string, unknown>>;

/** Tools that the client describes, and those that a provider knows and the client runs. */
const DESCRIBED: ReadonlySet<unknown> = new Set(['function', 'custom']);
const RUN_BY_CLIENTS =
  /^(?:(?:computer|bash|text_editor|memory)_\d+|computer(?:_use_preview)?|local_shell|apply_patch)$/;
/** Members by which a provider is told to search or to run what is no tool of the call. */
const SEARCHES = ['mcp_servers', 'plugins', 'search_parameters', 'enable_search'];

/**
 * What a provider fetches or runs itself it reads in the middle of the call, with all that was before: as often as
 * `max_tool_calls`, or the `max_uses` of each tool, let it.
 */
export function runToolsOf(value: Value): RunTools {
  const { tools, functions, max_tool_calls: most } = value;
  const isSearched = SEARCHES.some((name) => value[name] != null && value[name] !== false);
  const given: readonly unknown[] = Array.isArray(tools) ? tools : [];
  const others = given.filter((tool) => !isDescribed(tool));
  const run = others.filter((tool) => !isObject(tool) || !RUN_BY_CLIENTS.test(String(tool.type)));
  const kinds = (tools == null && functions == null ? 0 : 1) + others.length;
  if (isSearched) return { kinds, rounds: Infinity };
  if (run.length === 0) return { kinds, rounds: 1 };
  const uses = isCount(most) ? most : run.reduce<number>((sum, tool) => sum + usesOf(tool), 0);
  return { kinds, rounds: uses + 1 };
}

function isDescribed(tool: unknown): boolean {
  if (!isObject(tool)) return false;
  return DESCRIBED.has(tool.type) || (tool.type == null && typeof tool.name === 'string');
}

function usesOf(tool: unknown): number {
  return isObject(tool) && isCount(tool.max_uses) ? tool.max_uses : Infinity;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
