import { randomUUID } from 'node:crypto';
import { mkdir, open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

const READ_BYTES = 64 * 1024;

/**
 * The bytes of an upload, to be read as often as there are attempts: in memory while they are few, else in a file that
 * has no name, so that a killed process leaves nothing behind.
 */
export class UploadSpool {
  length = 0;
  private chunks: Buffer[] = [];
  private file: FileHandle | undefined;

  constructor(
    private readonly folder: string,
    /** Bytes that are kept in memory. */
    private readonly threshold: number,
  ) {}

  async write(chunk: Buffer): Promise<void> {
    this.length += chunk.length;
    if (!this.file && this.length <= this.threshold) return void this.chunks.push(chunk);
    if (!this.file) {
      this.file = await openNameless(this.folder);
      const kept = this.chunks;
      this.chunks = [];
      for (const one of kept) await writeAll(this.file, one);
    }
    await writeAll(this.file, chunk);
  }

  /** The bytes `[start, end)`. */
  async *read(start: number, end: number): AsyncGenerator<Buffer> {
    if (this.file) yield* readFile(this.file, start, end);
    else yield* readChunks(this.chunks, start, end);
  }

  /** Lets go of the bytes, once nobody reads them any more. */
  async remove(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    this.chunks = [];
    await file?.close();
  }
}

async function openNameless(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, randomUUID());
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
}

async function* readFile(file: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end;) {
    const size = Math.min(READ_BYTES, end - at);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(size), 0, size, at);
    if (bytesRead === 0) throw new Error('An upload is shorter than it was.');
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function* readChunks(chunks: readonly Buffer[], start: number, end: number): Generator<Buffer> {
  let offset = 0;
  for (const chunk of chunks) {
    const piece = chunk.subarray(Math.max(0, start - offset), Math.max(0, end - offset));
    if (piece.length > 0) yield piece;
    offset += chunk.length;
  }
}
