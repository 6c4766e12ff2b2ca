import { protocol } from '@electric-sql/pglite';

const { serialize } = protocol;
const SYNC = Buffer.from(serialize.sync());
const EXECUTE = Buffer.from(serialize.execute());
const TAIL = Buffer.concat([Buffer.from([0, 0]), EXECUTE, SYNC]);

/**
 * Statements that run again and again, in the engine of this thread: each is parsed and planned once, which takes
 * longer than to write a few hundred records, and what is text already goes in as it is.
 */
export class HotStatements {
  #names = new Map();

  constructor(engine) {
    this.engine = engine;
  }

  /** @param parameters each a text, its bytes, or null @returns how many rows it changed */
  run(sql, parameters) {
    // As the engine's own `query` does: in nobody's transaction, and one at a time.
    return this.engine._runExclusiveTransaction(() =>
      this.engine._runExclusiveQuery(async () => {
        const name = this.#names.get(sql) ?? (await this.#prepare(sql));
        const { messages } = await this.engine.execProtocol(bindAndExecute(name, parameters));
        return countRows(messages);
      }),
    );
  }

  async #prepare(sql) {
    const name = `hot_${this.#names.size}`;
    const messages = [serialize.parse({ name, text: sql }), SYNC];
    await this.engine.execProtocol(Buffer.concat(messages));
    this.#names.set(sql, name);
    return name;
  }
}

/** One message, where the protocol's own writer would copy a long parameter five times. */
function bindAndExecute(name, parameters) {
  const pieces = [Buffer.from(`\0${name}\0`), int16(0), int16(parameters.length)];
  for (const parameter of parameters) pieces.push(...sized(parameter));
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // Its length counts itself, and the number of formats of the result, which is the tail's.
  return Buffer.concat([Buffer.from('B'), int32(length + 6), ...pieces, TAIL]);
}

function sized(parameter) {
  if (parameter === null || parameter === undefined) return [int32(-1)];
  const bytes = parameter instanceof Uint8Array ? parameter : Buffer.from(String(parameter));
  return [int32(bytes.length), bytes];
}

function int16(value) {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value) {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** As the command's tag tells. */
function countRows(messages) {
  const done = messages.findLast(({ name }) => name === 'commandComplete');
  const [command, ...numbers] = done?.text.split(' ') ?? [];
  return command === 'SELECT' ? 0 : Number(numbers.at(-1) ?? 0);
}
