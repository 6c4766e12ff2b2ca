import { open, stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { InvalidDeclaration } from './fault.js';

/** What a person writes is far smaller. */
const MOST_BYTES = 256 * 1024;

/** A file's text, and when it was changed. */
export interface FileText {
  readonly text: string;
  readonly at: Date;
}

/** @throws InvalidDeclaration when it cannot be read, is too large, or is no text */
export async function readFileText(path: string): Promise<FileText> {
  const name = shownPath(path);
  const refuse = (reason: string): never => {
    throw new InvalidDeclaration([`${name}: ${reason}`]);
  };
  try {
    const file = await open(path, 'r');
    try {
      const found = await file.stat();
      if (!found.isFile()) return refuse('is not a file');
      const buffer = Buffer.alloc(MOST_BYTES + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      if (bytesRead > MOST_BYTES) return refuse(`is larger than ${MOST_BYTES / 1024} KiB`);
      const text = new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytesRead));
      return { text, at: found.mtime };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof InvalidDeclaration) throw error;
    const { code } = error as NodeJS.ErrnoException;
    return refuse(code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code ?? 'not UTF-8'})`);
  }
}

/**
 * What tells one state of the file from the next; undefined: it is not there. Links are followed, since ConfigMaps are
 * replaced by turning one, and editors rename a new file into place.
 */
export async function signatureOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch {
    return undefined;
  }
}

/** `pllm.yaml` where it is in this folder or below. */
export function shownPath(path: string): string {
  const below = relative(process.cwd(), path);
  return below === '' || below.startsWith('..') ? path : below;
}
