/** @typedef {{ name: string, rest: string }} Instruction */

/**
 * The stages of a Dockerfile, each `{ image, name, instructions }`, arguments of the file put in their places.
 *
 * @param {string} text
 */
export function readDockerfile(text) {
  const lines = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n\s*/g, ' ');
  const values = {};
  const stages = [];
  for (const line of lines.split('\n').filter((line) => line.trim() !== '')) {
    const [, name, rest] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (!name) throw new Error(`Dockerfile: this line cannot be read: ${line}`);
    if (name === 'ARG' && stages.length === 0) {
      const [key, value] = rest.split('=');
      values[key] = value;
    } else if (name === 'FROM') {
      const [image, , stage] = rest.replace(/\$\{(\w+)\}/g, (_, key) => values[key]).split(/\s+/);
      stages.push({ image, name: stage ?? 'final', instructions: [] });
    } else {
      stages.at(-1).instructions.push({ name, rest: rest.trim() });
    }
  }
  return stages;
}

/** `--from=build one two` → its flags and its words. */
export function readCopy(rest) {
  const words = rest.split(/\s+/);
  const flags = Object.fromEntries(
    words.filter((word) => word.startsWith('--')).map((word) => word.slice(2).split('=')),
  );
  const paths = words.filter((word) => !word.startsWith('--'));
  return { flags, sources: paths.slice(0, -1), target: paths.at(-1) };
}

/** `A=1 B=2` → an object. */
export function readPairs(rest) {
  return Object.fromEntries(
    [...rest.matchAll(/([\w.]+)=("[^"]*"|\S+)/g)].map(([, key, value]) => [key, value.replaceAll('"', '')]),
  );
}
