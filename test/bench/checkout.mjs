import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeFolder } from './children.mjs';

/** The folder of a built checkout: one that is there, or of a revision, which is checked out and built. */
export function builtCheckout(root, folderOrRevision) {
  if (existsSync(join(folderOrRevision, 'package.json'))) return resolve(folderOrRevision);
  const folder = join(makeFolder('checkout'), 'pllm');
  run('git', ['clone', '--quiet', '--shared', '--no-checkout', root, folder], root);
  run('git', ['checkout', '--quiet', revisionIn(root, folderOrRevision)], folder);
  run(process.execPath, ['.tools/bootstrap.mjs'], folder);
  return folder;
}

function revisionIn(root, name) {
  const { stdout, status } = spawnSync('git', ['rev-parse', '--verify', '--quiet', `${name}^{commit}`], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`There is no folder and no revision '${name}'.`);
  return stdout.trim();
}

function run(command, args, cwd) {
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args[0]} failed: ${stderr}`);
}
