import { restOf } from '#routing';

/** Is the name that of the model `id`, or one under it where it is a pattern? */
export function covers(id: string, name: string): boolean {
  return id === name || (id.endsWith('*') && restOf(id, name) !== undefined);
}
