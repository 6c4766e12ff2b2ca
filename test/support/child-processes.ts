import { readFileSync } from 'node:fs';

/** The processes that a process has started and that live. */
export function childrenOf(id: number): number[] {
  try {
    const text = readFileSync(`/proc/${id}/task/${id}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    // It has ended itself.
    return [];
  }
}

/** One that has just ended hears nothing. */
export function signalIfThere(id: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(id, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}
