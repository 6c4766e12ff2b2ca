import type { Capabilities, Modality, OperationName, Target } from '#contract';
import { canSpeak, DIALECTS } from '#dialects';
import { findAdapter, findKnownModel } from '#providers';
import type { Model } from '#routing';

/** What a model can, and what may be asked of it. */
export interface DescribedCapabilities extends Capabilities {
  readonly operations: readonly OperationName[];
}

/**
 * What a client may count on, whichever target answers: what the operator says, else what every target can, as far as
 * that is known.
 */
export function capabilitiesOf({ targets, capabilities: declared = {} }: Model): DescribedCapabilities {
  const known = targets.map(knownOf);
  const modalities = {
    input: declared.modalities?.input ?? inAll(known.map((one) => one.modalities?.input)),
    output: declared.modalities?.output ?? inAll(known.map((one) => one.modalities?.output)),
  };
  const numbers = (name: 'context_window' | 'max_output_tokens') =>
    declared[name] ?? least(known.map((one) => one[name]));
  const answers = (name: 'tools' | 'structured_output' | 'reasoning') =>
    declared[name] ?? everyOne(known.map((one) => one[name]));
  return {
    context_window: numbers('context_window'),
    max_output_tokens: numbers('max_output_tokens'),
    modalities: modalities.input || modalities.output ? modalities : undefined,
    tools: answers('tools'),
    structured_output: answers('structured_output'),
    reasoning: answers('reasoning'),
    operations: inAll(targets.map(operationsOf)) ?? [],
  };
}

/** In tokens; undefined: it is not known. */
export function contextWindowOf(model: string, declared: Capabilities | undefined): number | undefined {
  return declared?.context_window ?? findKnownModel(model)?.context_window;
}

/** Of one answer, in tokens; undefined: it is not known. */
export function maxOutputTokensOf(model: string, declared: Capabilities | undefined): number | undefined {
  return declared?.max_output_tokens ?? findKnownModel(model)?.max_output_tokens;
}

/** What the upstream's model can, less what its provider does not take. */
function knownOf({ provider, model }: Target): Capabilities {
  const lacks = findAdapter(provider.type)?.lacks ?? [];
  return { ...findKnownModel(model), ...Object.fromEntries(lacks.map((name) => [name, false])) };
}

function operationsOf({ provider }: Target): OperationName[] {
  const adapter = findAdapter(provider.type);
  if (!adapter) return [];
  const own = Object.keys(adapter.operations) as OperationName[];
  return [...new Set([...own, ...DIALECTS])].filter((operation) => canSpeak(operation, adapter));
}

function least(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length > 0 && known.length === numbers.length ? Math.min(...known) : undefined;
}

/** One that cannot is enough to know. */
function everyOne(answers: readonly (boolean | undefined)[]): boolean | undefined {
  if (answers.includes(false)) return false;
  return answers.length > 0 && !answers.includes(undefined) ? true : undefined;
}

function inAll<Item extends Modality | OperationName>(
  lists: readonly (readonly Item[] | undefined)[],
): Item[] | undefined {
  const [first, ...others] = lists;
  if (!first || others.includes(undefined)) return undefined;
  return first.filter((item) => others.every((list) => list?.includes(item)));
}
