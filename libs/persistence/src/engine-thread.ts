import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DriverAdapterError } from '@prisma/driver-adapter-utils';
import type { IsolationLevel, SqlQuery, SqlResultSet } from '@prisma/driver-adapter-utils';

/** What a thread of `engine-worker.js` is asked, each by one message. An open transaction is a number. */
export interface EngineCalls {
  open(folder: string): void;
  run(sql: string, parameters: readonly unknown[]): number;
  query(sql: string, parameters: readonly unknown[]): unknown[];
  runScript(sql: string): void;
  queryRaw(query: SqlQuery, transaction?: number): SqlResultSet;
  executeRaw(query: SqlQuery, transaction?: number): number;
  startTransaction(level?: IsolationLevel): number;
  commit(transaction: number): void;
  rollback(transaction: number): void;
  close(): void;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  /** `mapped` is the adapter's, by which Prisma knows it. */
  readonly error?: { readonly mapped?: DriverAdapterError['cause']; readonly message: string };
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

const ENTRY = new URL('./engine-worker.js', import.meta.url);

/** Node has it, its types (without the DOM's) do not. */
declare const WebAssembly: { compile(binary: Uint8Array): Promise<object> };

let compiling: Promise<object> | undefined;

/** Once a process: a thread would compile it anew. */
async function compileEngine(): Promise<object> {
  const folder = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  return WebAssembly.compile(await readFile(join(folder, 'pglite.wasm')));
}

/** Postgres' own `checkpoint_timeout`, which nothing looks at where all of it is one process. */
const CHECKPOINT_MS = 300_000;

/** Neither the flags nor the environment of the process: an inspector, a profile or a loader is not meant for it. */
export async function startEngineWorker(checkpointMs = CHECKPOINT_MS): Promise<Worker> {
  const wasmModule = await (compiling ??= compileEngine());
  const workerData = { wasmModule, checkpointMs };
  return new Worker(ENTRY, { name: 'embedded-database', workerData, execArgv: [], env: {} });
}

/** Prisma says P1017 of it, or P2010 with its message: `isOutage` knows both, and its code. */
export function engineAway(reason = 'It is closed.'): DriverAdapterError {
  return new DriverAdapterError({
    kind: 'ConnectionClosed',
    originalCode: '08006',
    originalMessage: `Connection terminated: the embedded database is away. ${reason}`,
  });
}

/** A thread that has the files of the database open, for as long as it lives. */
export class EngineThread {
  /** Why it ended, once it has: of itself, or by `close`. */
  readonly ended: Promise<Error>;
  private reason: Error | undefined;
  private isOver = false;
  private lastId = 0;
  private readonly pending = new Map<number, Pending>();

  private constructor(private readonly worker: Worker) {
    worker.on('message', (answer: Answer) => this.settle(answer));
    worker.on('error', (error: Error) => (this.reason ??= error));
    this.ended = new Promise((resolve) => {
      worker.once('exit', (code) => resolve(this.end(code)));
    });
  }

  /** @throws what the engine says of the files, or why its thread ended */
  static async open(folder: string, start = startEngineWorker): Promise<EngineThread> {
    const thread = new EngineThread(await start());
    try {
      await thread.ask('open', folder);
      return thread;
    } catch (error) {
      await thread.worker.terminate();
      throw thread.reason ?? error;
    }
  }

  /** @throws what the engine answers as it would answer it here, or `engineAway` when the thread ends before it does */
  ask<Name extends keyof EngineCalls>(
    name: Name,
    ...parameters: Parameters<EngineCalls[Name]>
  ): Promise<ReturnType<EngineCalls[Name]>> {
    return new Promise((resolve, reject) => {
      if (this.isOver) throw engineAway();
      const id = ++this.lastId;
      this.worker.postMessage({ id, name, parameters }, []);
      this.pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      // A process may end while the engine is idle, and not before it has answered.
      if (this.pending.size === 1) this.worker.ref();
    });
  }

  /** What was asked is answered, then everything is in the files. */
  async close(): Promise<void> {
    await this.ask('close').catch(() => {});
    await this.worker.terminate();
    await this.ended;
  }

  private settle({ id, value, error }: Answer): void {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (this.pending.size === 0) this.worker.unref();
    if (!error) return pending?.resolve(value);
    const { mapped, message, ...rest } = error;
    pending?.reject(mapped ? new DriverAdapterError(mapped) : Object.assign(new Error(message), rest));
  }

  private end(code: number): Error {
    this.isOver = true;
    const reason = this.reason ?? new Error(`Its thread ended with exit code ${code}.`);
    for (const { reject } of this.pending.values()) reject(engineAway(reason.message));
    this.pending.clear();
    return reason;
  }
}
