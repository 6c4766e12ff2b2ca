import { readFileSync, readdirSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';

/**
 * What a builder would send of a folder: the paths of all files that its .dockerignore lets through. The last pattern
 * that fits a file, or a folder that it is in, decides.
 */
export function readContext(root) {
  const patterns = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isException: line.startsWith('!'), glob: line.replace(/^!/, '') }));
  const isIgnored = (path) => {
    const parents = path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'));
    const last = patterns.findLast(({ glob }) => parents.some((parent) => matchesGlob(parent, glob)));
    return last !== undefined && !last.isException;
  };
  const walk = (folder) =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (isIgnored(path)) return [];
      return entry.isDirectory() ? walk(path) : [path];
    });
  return walk('');
}
