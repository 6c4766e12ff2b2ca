import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, realpathSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** sun_path of a Unix socket holds 108 bytes on Linux, 104 on macOS. */
const LONGEST_SOCKET_PATH = 100;

/** How long a process that took over a dead holder's lock waits to see whether another did the same. */
const CONTEST_MS = 50;

export class DirectoryInUse extends Error {}

/**
 * One process at a time on a directory: a Unix socket in it, held open. The kernel lets go of it when the holder
 * dies, however it dies, and it works across containers that share the directory. A pid file does neither.
 *
 * @throws DirectoryInUse
 */
export async function lockDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = socketPath(realpathSync(directory));
  let server = await listen(path);
  if (!server) {
    if (await answers(path)) throw inUse(directory);
    rmSync(path, { force: true });
    server = await listen(path);
    if (!server) throw inUse(directory);
    const mine = statSync(path).ino;
    await sleep(CONTEST_MS);
    if (!existsSync(path) || statSync(path).ino !== mine) throw inUse(directory);
  }
  const held = server;
  held.unref();
  return { release: () => new Promise((resolve) => held.close(() => resolve())) };
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

/** A listening server, or undefined when the path is taken. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => resolve(server));
  });
}

/** Is somebody alive behind the socket? */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}
