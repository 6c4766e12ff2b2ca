import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cpuMs, familyMemoryMb, memoryMb } from './cpu-time.mjs';

const BURNED_MS = 100;
/** A child that starts a grandchild, which uses so much CPU, says so and stays. */
const GRANDCHILD = `
  while (process.cpuUsage().user < ${BURNED_MS * 1000}) {}
  process.stdout.write('burned');
  setInterval(() => {}, 1000);
`;
const CHILD = `
  const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(GRANDCHILD)}]);
  child.stdout.on('data', () => process.stdout.write(String(child.pid)));
`;

let child;
let grandchildId;

beforeAll(async () => {
  child = spawn(process.execPath, ['-e', CHILD], { detached: true });
  const [said] = await once(child.stdout, 'data');
  grandchildId = Number(said);
});
afterAll(async () => {
  process.kill(-child.pid, 'SIGKILL');
  await once(child, 'exit');
});

describe('a program of several processes', () => {
  it('is charged with the CPU time of those it started', () => {
    expect(cpuMs(grandchildId)).toBeGreaterThanOrEqual(BURNED_MS);
    expect(cpuMs(child.pid)).toBeGreaterThanOrEqual(cpuMs(grandchildId));
  });

  it('has the memory of all of them', () => {
    const own = memoryMb(child.pid).now + memoryMb(grandchildId).now;
    expect(memoryMb(child.pid).now).toBeLessThan(own);
    // They let go of some, or take some more, in between.
    expect(Math.abs(familyMemoryMb(child.pid).now - own)).toBeLessThan(memoryMb(grandchildId).now / 2);
  });
});
