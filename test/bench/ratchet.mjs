/** The cases whose cost is held, and what a new bound is above the ratio it was measured at: machines of CI are noisy. */
export const HELD = ['chat-32', 'burst'];
export const ROOM = 1.35;
/** A ratio that is a quarter below what its bound was set at says that the bound can be tightened. */
const FAR_BELOW = ROOM / 0.75;

/**
 * The bounds of `ratchet.json`: at most so many times the bare proxy's CPU, by case. `decisionOf` gives the text of a
 * file of docs/decisions, or undefined. A bound may be below what its decision says, never above: throws an `Error`
 * that says what is wrong.
 */
export function readRatchet(text, decisionOf) {
  const bounds = JSON.parse(text);
  const unknown = Object.keys(bounds).find((name) => !HELD.includes(name));
  if (unknown !== undefined) throw new Error(`'${unknown}' is no case that is held (${HELD.join(', ')}).`);
  return new Map(HELD.map((name) => [name, readBound(name, bounds[name], decisionOf)]));
}

function readBound(name, entry, decisionOf) {
  if (entry === undefined) throw new Error(`There is no bound for '${name}'.`);
  const { timesBare, decision } = entry;
  if (typeof timesBare !== 'number' || !(timesBare > 0))
    throw new Error(`'${name}' has no bound 'timesBare'.`);
  if (typeof decision !== 'string') throw new Error(`The bound of '${name}' names no 'decision'.`);
  const record = decisionOf(decision);
  if (record === undefined) throw new Error(`There is no docs/decisions/${decision}, which '${name}' names.`);
  const row = new RegExp(`^\\| *\`${name}\` *\\| *(\\d+(?:\\.\\d+)?) *\\|`, 'm').exec(record);
  if (!row) throw new Error(`docs/decisions/${decision} has no row for '${name}'.`);
  if (timesBare > Number(row[1])) {
    const found = `${timesBare} is looser than the ${row[1]} of docs/decisions/${decision}`;
    throw new Error(`The bound of '${name}': ${found}. A looser bound takes a new decision.`);
  }
  return { timesBare, decision };
}

/** Microseconds of CPU per request, the least of each, against the bound: is it kept, and what is there to say? */
export function judge(title, { pllm, bare }, { timesBare, decision }) {
  const ratio = pllm / bare;
  const isKept = ratio <= timesBare;
  const figures = `${pllm.toFixed(0)} µs beside ${bare.toFixed(0)} of the bare proxy: ${ratio.toFixed(2)} times`;
  const bound = `${timesBare} (test/bench/ratchet.json, set by docs/decisions/${decision})`;
  const line = `${title}: ${figures}, ${isKept ? 'at most' : 'MORE THAN'} ${bound}`;
  if (ratio * FAR_BELOW >= timesBare) return { isKept, line };
  return { isKept, line, hint: `${title}: the bound can be tightened to ${(ratio * ROOM).toFixed(1)}` };
}
