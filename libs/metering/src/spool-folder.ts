import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Held until it is released, or its process dies, however it dies. */
export interface FolderLock {
  release(): Promise<void>;
}

/** Undefined: a living process has the folder. */
export type LockFolder = (folder: string) => Promise<FolderLock | undefined>;

export interface SpoolFolderOptions {
  /** What all processes on one data directory share. */
  readonly folder: string;
  readonly lock: LockFolder;
  readonly report: (message: string, error: unknown) => void;
  /** Names the folder for whoever looks at it; nothing is told by it, since containers number alike. */
  readonly processId: number;
}

/** One process' own part of the spool. */
export interface SpoolFolder {
  readonly path: string;
  /** Files of dead processes, which are in it now, oldest first. */
  readonly left: readonly string[];
  /** Whatever is still in it is free for the next process to take. */
  leave(): Promise<void>;
}

interface HeldFolder {
  readonly path: string;
  /** Undefined: the file system has no such locks. */
  readonly lock: FolderLock | undefined;
}

/** A process' id and six letters of `mkdtemp`. */
const OWN_FOLDER = /^\d+-\w{6}$/;
/** The time at which it was begun, and what tells it from others. */
const SEGMENT = /^\d+-.*\.jsonl$/;
/** Each time, another process would have to look just between the making of the folder and its lock. */
const MOST_CLAIMS = 10;

/**
 * Makes a folder for this process and holds it, and moves the files of processes that hold theirs no more into it.
 * Whoever wants those has to hold their folder meanwhile, so that one alone takes them; who dies in the middle leaves
 * each file in one of the two.
 */
export async function claimSpoolFolder(options: SpoolFolderOptions): Promise<SpoolFolder> {
  const { folder } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const own = await claim(options);
  const others = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && OWN_FOLDER.test(entry.name))
    .map((entry) => join(folder, entry.name))
    .filter((path) => path !== own.path);
  const dead = (await Promise.all(others.map((path) => hold(path, options)))).filter((each) => !!each);
  // What lies beside the folders is of a gateway that made none yet.
  const found = [folder, ...dead.map(({ path }) => path)].flatMap(segmentsIn);
  const left = found
    .sort((one, other) => begunAt(one) - begunAt(other))
    .map((path, at) => take(path, join(own.path, `${begunAt(path)}-left-${at}.jsonl`)))
    .filter((path) => path !== undefined);
  await Promise.all(dead.map(leave));
  return { path: own.path, left, leave: () => leave(own) };
}

async function claim({ folder, processId, lock, report }: SpoolFolderOptions): Promise<HeldFolder> {
  for (let attempt = 0; attempt < MOST_CLAIMS; attempt++) {
    const path = mkdtempSync(join(folder, `${processId}-`));
    try {
      const held = await lock(path);
      if (held) return { path, lock: held };
    } catch (error) {
      // Whoever looked may have removed it, too.
      if (!existsSync(path)) continue;
      report('the usage spool cannot be locked: another process may take its files', error);
      return { path, lock: undefined };
    }
  }
  throw new Error(`Other processes took every folder that was made in ${folder}.`);
}

/** Undefined: it is a living process' own, or nobody can tell. */
async function hold(path: string, { lock, report }: SpoolFolderOptions): Promise<HeldFolder | undefined> {
  try {
    const held = await lock(path);
    return held && { path, lock: held };
  } catch (error) {
    if (existsSync(path)) report(`usage records of an earlier process cannot be taken over (${path})`, error);
    return undefined;
  }
}

async function leave({ path, lock }: HeldFolder): Promise<void> {
  await lock?.release();
  try {
    rmdirSync(path);
  } catch {
    // Something is still in it, or another process removed it.
  }
}

function segmentsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => SEGMENT.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function begunAt(path: string): number {
  return Number.parseInt(basename(path), 10);
}

/** Undefined: another process was quicker. */
function take(from: string, to: string): string | undefined {
  try {
    renameSync(from, to);
    return to;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}
