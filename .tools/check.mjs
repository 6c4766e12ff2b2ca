/** All checks of the sources, on two cores: the types take as long as all others. Each says what it found when it ends. */
import { spawn } from 'node:child_process';

const LANES = [['types'], ['lint', 'format:check', 'arch', 'sources']];

function runScript(name) {
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', name], { stdio: ['ignore', 'pipe', 'pipe'] });
    const pieces = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => pieces.push(piece));
    child.once('error', (error) => pieces.push(Buffer.from(`${error.message}\n`)));
    child.once('close', (code) => {
      process.stdout.write(`check: ${name}${code === 0 ? '' : ' failed'}\n${Buffer.concat(pieces)}`);
      resolve(code === 0);
    });
  });
}

async function runLane(names) {
  let isGood = true;
  for (const name of names) isGood = (await runScript(name)) && isGood;
  return isGood;
}

const lanes = await Promise.all(LANES.map(runLane));
process.exitCode = lanes.every(Boolean) ? 0 : 1;
