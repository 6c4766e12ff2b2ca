export type Publisher = 'google' | 'anthropic';

/** Who made a model, and what it is called there. */
export interface PublishedModel {
  readonly publisher: Publisher;
  readonly name: string;
}

/** `publishers/anthropic/models/claude-…`, `anthropic/claude-…`, `google/gemini-…`. */
const NAMED = /^(?:publishers\/)?(google|anthropic)\/(?:models\/)?/;
const KIND = /^models\//;

/** A model is Google's, unless its name says otherwise. */
export function publishedModel(model: string): PublishedModel {
  const [prefix, publisher] = NAMED.exec(model) ?? KIND.exec(model) ?? [''];
  const name = model.slice(prefix.length);
  const maker = name.startsWith('claude') ? 'anthropic' : 'google';
  return { publisher: (publisher as Publisher | undefined) ?? maker, name };
}

/** One name in the path, whatever a client put into it; a version stands behind an `@`. */
export function resourceOf({ publisher, name }: PublishedModel): string {
  return `publishers/${publisher}/models/${encodeURIComponent(name).replaceAll('%40', '@')}`;
}
