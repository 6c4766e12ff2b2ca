/**
 * The thread of the embedded database: it has the engine, and answers `EngineCalls` (engine-thread.ts). It is no
 * TypeScript, and imports none, so that a thread can be started from the sources as from the build.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { HotStatements } from './hot-statements.js';

/** How long statements that were asked before the end may still take. */
const GOODBYE_MS = 2_000;

let engine;
let hotStatements;
/** Was anything asked since the last checkpoint? */
let hasWorked = false;
let checkpoints;
/** Prisma's adapter on the engine, and on each open transaction. */
let adapter;
const transactions = new Map();
let lastTransaction = 0;
const running = new Set();

const calls = {
  open: async (folder) => {
    engine = await PGlite.create({ dataDir: folder, pgliteWasmModule: workerData.wasmModule });
    adapter = await new PrismaPGlite(engine).connect();
    hotStatements = new HotStatements(engine);
    checkpoints = setInterval(checkpoint, workerData.checkpointMs).unref();
  },
  run: (sql, parameters) => hotStatements.run(sql, parameters),
  query: async (sql, parameters) => (await engine.query(sql, parameters)).rows,
  runScript: async (sql) => void (await engine.exec(sql)),
  queryRaw: (query, transaction) => adapterOf(transaction).queryRaw(query),
  executeRaw: (query, transaction) => adapterOf(transaction).executeRaw(query),
  startTransaction,
  commit: (transaction) => endTransaction(transaction, 'commit'),
  rollback: (transaction) => endTransaction(transaction, 'rollback'),
  close: async () => {
    clearInterval(checkpoints);
    // A transaction that nobody ends holds up what waits for it.
    await Promise.race([Promise.allSettled(running), sleep(GOODBYE_MS)]);
    await engine.close();
  },
};

parentPort.on('message', async ({ id, name, parameters }) => {
  hasWorked = true;
  const answer = answerTo(name, parameters);
  if (name !== 'close') running.add(answer);
  try {
    tell({ id, value: await answer });
  } catch (error) {
    if (isBroken(error)) throw new Error(`The engine broke: ${error.message}`, { cause: error });
    tell({ id, error: plainError(error) });
  } finally {
    running.delete(answer);
  }
});

/** Nobody else makes one before the engine is closed: its log of changes would grow for as long. */
async function checkpoint() {
  if (!hasWorked) return;
  hasWorked = false;
  try {
    await engine.exec('CHECKPOINT');
  } catch (error) {
    if (isBroken(error)) throw error;
    // A full disk: the next one tries again.
    hasWorked = true;
  }
}

async function answerTo(name, parameters) {
  return calls[name](...parameters);
}

function tell(answer) {
  parentPort.postMessage(answer, []);
}

function adapterOf(transaction) {
  return transaction === undefined ? adapter : findTransaction(transaction).adapter;
}

function findTransaction(id) {
  const open = transactions.get(id);
  if (!open) throw new Error('The transaction is over.');
  return open;
}

/** The engine's own, and not the adapter's, which says of a commit that failed that all is well. */
async function startTransaction(level) {
  const id = ++lastTransaction;
  await new Promise((opened, failed) => {
    const done = engine.transaction(async (client) => {
      if (level) await client.exec(`SET TRANSACTION ISOLATION LEVEL ${level}`);
      const own = await new PrismaPGlite(client).connect();
      const how = await new Promise((end) => {
        transactions.set(id, { adapter: own, end: (how) => (end(how), done) });
        opened();
      });
      if (how === 'rollback') await client.rollback();
    });
    done.catch(failed);
  });
  return id;
}

async function endTransaction(id, how) {
  const open = findTransaction(id);
  transactions.delete(id);
  await open.end(how);
}

/** After a trap, or an exit of its own, the engine answers nothing right any more: the thread ends, and all it owes. */
function isBroken(error) {
  if (error instanceof WebAssembly.RuntimeError || error?.name === 'ExitStatus') return true;
  return error instanceof RangeError && /call stack/.test(error.message);
}

const ASKED = new Set(['query', 'params', 'queryOptions']);

/** A port keeps neither the class of an error nor what was added to it. What was asked stays here: it may be secret. */
function plainError(error) {
  if (error.name === 'DriverAdapterError') return { mapped: error.cause };
  const fields = Object.entries(error).filter(([name]) => !ASKED.has(name));
  return { ...Object.fromEntries(fields), message: error.message };
}
