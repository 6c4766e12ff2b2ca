import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** sun_path of a Unix socket holds 108 bytes on Linux, 104 on macOS. */
const LONGEST_SOCKET_PATH = 100;

/** How long a socket may stand there and not listen yet, and a new holder waits to see whether it is one. */
const CONTEST_MS = 50;

export class DirectoryInUse extends Error {}

export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * One process at a time on a directory: a Unix socket in it, held open. The kernel lets go of it when the holder
 * dies, however it dies, and it works across containers that share the directory. A pid file does neither.
 *
 * @throws DirectoryInUse
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = socketPath(realpathSync(directory));
  const token = randomBytes(16).toString('hex');
  const server = (await listen(path, token)) ?? (await takeOver(path, token));
  if (!server) throw inUse(directory);
  server.unref();
  await sleep(CONTEST_MS);
  // Whoever lost leaves its server open: closing it would remove the winner's socket.
  if ((await ask(path)) !== token) throw inUse(directory);
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** Undefined: another process has it. */
export async function lockDirectoryIfFree(directory: string): Promise<DirectoryLock | undefined> {
  try {
    return await lockDirectory(directory);
  } catch (error) {
    if (error instanceof DirectoryInUse) return undefined;
    throw error;
  }
}

/** Replaces the socket of a holder that died; undefined when it lives, or another was quicker. */
async function takeOver(path: string, token: string): Promise<Server | undefined> {
  const dead = identityOf(path);
  if ((await ask(path)) !== undefined) return undefined;
  // Between `bind` and `listen` a socket refuses as a dead one does.
  await sleep(CONTEST_MS);
  if ((await ask(path)) !== undefined) return undefined;
  return removeSocket(path, dead) ? listen(path, token) : undefined;
}

/** Moves it aside to see whether it is still the dead one: if not, it is another's, and goes back. */
function removeSocket(path: string, dead: string | undefined): boolean {
  if (!existsSync(path)) return true;
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    const isDead = identityOf(aside) === dead;
    if (!isDead) linkSync(aside, path);
    return isDead;
  } catch {
    return false;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** An inode's number alone is given anew at once. */
function identityOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.ino} ${stat.mtimeNs}`;
}

function inUse(directory: string): DirectoryInUse {
  return new DirectoryInUse(`The data directory ${directory} is in use by another process.`);
}

function socketPath(directory: string): string {
  const path = join(directory, 'lock.sock');
  if (Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path;
  // Bind through a short symbolic link: the socket itself still stands in the directory.
  const link = join(tmpdir(), `pllm-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}`);
  if (!existsSync(link)) symlinkSync(directory, link);
  return join(link, 'lock.sock');
}

/** A server that answers with its token, or undefined when the path is taken. */
function listen(path: string, token: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(token);
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    // Of a worker its primary would listen in its place: siblings would share the lock, and it would outlive its holder.
    server.listen({ path, exclusive: true }, () => resolve(server));
  });
}

/** How long a holder whose event loop is busy may take to say who it is. */
const PATIENCE_MS = 2_000;

/** The token of whoever is behind the socket, empty where it does not say; undefined when nobody is there. */
function ask(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let token = '';
    const socket = connect(path);
    socket.setEncoding('utf8').setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.on('data', (text: string) => (token += text));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? undefined : token),
    );
    socket.once('close', () => resolve(token));
  });
}
