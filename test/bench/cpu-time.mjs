import { readdirSync, readFileSync } from 'node:fs';

/** `/proc` counts in these, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100;
const PAGE_KB = 4;

/** User and system time, in milliseconds, of a process, its living descendants, and those it waited for. */
export function cpuMs(rootId) {
  let ticks = 0;
  for (const one of familyOf(rootId).values()) ticks += one.ticks;
  return (ticks * 1000) / TICKS_PER_SECOND;
}

/** How many processes these are. */
export function countProcesses(rootId) {
  return familyOf(rootId).size;
}

/** A living process and its living descendants, by id. */
function familyOf(rootId) {
  const processes = new Map();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = read(`/proc/${entry}/stat`);
    if (stat !== undefined) processes.set(Number(entry), parse(stat));
  }
  const wanted = new Set([rootId]);
  for (let before = -1; before !== wanted.size;) {
    before = wanted.size;
    for (const [id, { parent }] of processes) if (wanted.has(parent)) wanted.add(id);
  }
  return new Map([...processes].filter(([id]) => wanted.has(id)));
}

/** Resident memory of these processes together. */
export function residentKb(rootId) {
  let kb = 0;
  for (const { pages } of familyOf(rootId).values()) kb += pages * PAGE_KB;
  return kb;
}

/** Resident memory of a process and its descendants, in MB; the most is the sum of each one's most. */
export function familyMemoryMb(rootId) {
  const each = [...familyOf(rootId).keys()].map(memoryMb);
  const sum = (member) => each.reduce((total, one) => total + one[member], 0);
  return { now: sum('now'), most: sum('most') };
}

/** Resident memory now and at its most, in MB. */
export function memoryMb(id) {
  const status = readFileSync(`/proc/${id}/status`, 'utf8');
  const of = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return { now: of('VmRSS'), most: of('VmHWM') };
}

/** proc(5): the command's name is in parentheses and may hold anything; fields are counted behind it. */
function parse(stat) {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user, system, waitedUser, waitedSystem] = fields.slice(11, 15).map(Number);
  return {
    parent: Number(fields[1]),
    pages: Number(fields[21]),
    ticks: user + system + waitedUser + waitedSystem,
  };
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended in between.
    return undefined;
  }
}
