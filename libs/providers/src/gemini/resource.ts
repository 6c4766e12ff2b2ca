/** Kinds of models that Google has: its own, and those that were tuned. */
const KIND = /^(models|tunedModels)\//;

/** The name of a model as a path of the API: one name, whatever a client put into it. */
export function resourceOf(model: string): string {
  const kind = KIND.exec(model)?.[0] ?? '';
  return `${kind || 'models/'}${encodeURIComponent(model.slice(kind.length))}`;
}
