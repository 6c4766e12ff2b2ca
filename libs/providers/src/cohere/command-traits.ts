/** What a model takes. */
export interface CommandTraits {
  /** Does it think before it answers? The others refuse to be told how much. */
  readonly reasons: boolean;
}

const REASONING = /reasoning|^command-a-plus/;

/** By the upstream's name for it: an unknown name is taken to be a model that does not reason. */
export function traitsOf(model: string): CommandTraits {
  return { reasons: REASONING.test(model) };
}
