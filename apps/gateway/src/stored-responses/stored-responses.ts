import { GatewayError, JsonMembers } from '#contract';
import type { CallSignal, Emit, JsonRequest, ResponsesRequest } from '#contract';
import type { FaultLog } from '#observability';
import { deleteResponse, findResponse, insertResponse, readTurns } from '#persistence';
import type { Database, ResponseName, StoredResponse } from '#persistence';
import type { Caller } from '../auth/caller.js';
import type { Call } from '../relay/call.js';
import { nativeProviderOf } from '../relay/native-provider.js';
import type { Relay } from '../relay/relay.js';
import { answerIn } from './answer-in.js';
import { itemsOf, turnItems } from './items.js';
import { referredResponses, resolveReferences } from './references.js';

type Request = JsonRequest<ResponsesRequest>;

const DAY_MS = 24 * 60 * 60 * 1000;
/** As long as OpenAI keeps them. */
const KEPT_MS = 30 * DAY_MS;

/** What a caller waits for the database: to be told what it asks for, and for its answer to be kept. */
const READ_MS = 5_000;
const KEEP_MS = 1_000;

/** What comes before a request is bounded as a request is. */
const LIMITS = { turns: 1_000, bytes: 32 * 1024 * 1024 };

const LONGEST_ID = 256;

const answers = new JsonMembers(['id']);

/** Answers of Responses that are kept for whoever asked for them, and for nobody else. */
export class StoredResponses {
  constructor(
    private readonly database: Database,
    private readonly relay: Pick<Relay, 'relay'>,
    private readonly log: FaultLog,
  ) {}

  /**
   * The request with all that came before it, where it goes on from an answer.
   *
   * @throws GatewayError `previous_response_not_found`, for one that is another caller's too
   */
  async expand(request: Request, caller: Caller): Promise<Request> {
    const { previous_response_id: id } = request.value;
    const input = await this.resolve(request.value.input, caller);
    if (typeof id !== 'string') return input ? withInput(request, input) : request;
    const name = nameOf(id, caller);
    const turns =
      name && (await this.database.read((queries) => readTurns(queries, name, new Date(), LIMITS), READ_MS));
    if (turns?.isTooLong) throw tooLong();
    if (!turns || turns.missing !== undefined) throw previousNotFound(turns?.missing ?? id);
    const before = turns.rows.flatMap(turnItems);
    return {
      ...request,
      value: { ...request.value, input: [...before, ...(input ?? itemsOf(request.value.input))] },
      history: { length: before.length, providerId: turns.rows.at(-1)?.providerId ?? undefined },
    };
  }

  /** The items with those that they refer to in their place; undefined: they refer to none that the gateway printed. */
  private async resolve(
    input: ResponsesRequest['input'],
    caller: Caller,
  ): Promise<readonly unknown[] | undefined> {
    const items = itemsOf(input);
    const names = referredResponses(items).flatMap((id) => nameOf(id, caller) ?? []);
    if (names.length === 0) return undefined;
    if (names.length > LIMITS.turns) throw tooLong();
    const now = new Date();
    const rows = await this.database.read(
      (queries) => Promise.all(names.map((name) => findResponse(queries, name, now))),
      READ_MS,
    );
    return resolveReferences(
      items,
      rows.flatMap((row) => row?.response ?? []),
    );
  }

  /** Relays the call; its answer is there for the caller's next one when the last of it goes out. */
  async answer(call: Call<'responses'>, signal: CallSignal, emit: Emit): Promise<void> {
    if (call.request.value.store === false) return this.relay.relay(call, signal, emit);
    let answer: Buffer | undefined;
    await this.relay.relay(call, signal, (reply) => {
      answer = answerIn(reply) ?? answer;
      return emit(reply);
    });
    if (answer) await this.keep(call, answer);
  }

  /** @throws GatewayError `not_found` */
  async find(id: string, caller: Caller): Promise<StoredResponse> {
    const name = nameOf(id, caller);
    const row =
      name && (await this.database.read((queries) => findResponse(queries, name, new Date()), READ_MS));
    if (!row) throw notFound(id);
    return row;
  }

  /** @throws GatewayError `not_found` */
  async delete(id: string, caller: Caller): Promise<void> {
    const name = nameOf(id, caller);
    const isGone =
      name && (await this.database.read((queries) => deleteResponse(queries, name, new Date()), READ_MS));
    if (!isGone) throw notFound(id);
  }

  /** A database that is slow, or away, is no reason for an answer to be late: it is not kept then. */
  private async keep(call: Call<'responses'>, answer: Buffer): Promise<void> {
    const row = rowOf(call, answer);
    if (!row) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.log.failed('a response takes long to be kept', undefined);
        resolve();
      }, KEEP_MS);
    });
    const kept = insertResponse(this.database, row).then(
      () => this.log.recovered('responses are kept again'),
      (error: unknown) => this.log.failed('a response cannot be kept', error),
    );
    await Promise.race([kept, late]);
    clearTimeout(timer);
  }
}

/** What another provider printed is nothing that the one asked could look up: it is told all of it. */
function withInput(request: Request, input: readonly unknown[]): Request {
  return {
    ...request,
    value: { ...request.value, input },
    history: { length: 0, providerId: undefined },
  };
}

/** Undefined for an answer that could not be asked for again: without an id, or too long to go on from. */
function rowOf(call: Call<'responses'>, answer: Buffer): StoredResponse | undefined {
  const { caller, request } = call;
  if (request.upload || answer.length > LIMITS.bytes || !answers.read(answer)) return undefined;
  const [start, end] = [answers.start('id'), answers.end('id')];
  const id: unknown = start < 0 ? undefined : JSON.parse(answer.toString('utf8', start, end));
  const name = typeof id === 'string' ? nameOf(id, caller) : undefined;
  if (!name) return undefined;
  const { input, previous_response_id: previousId = null } = request.value;
  const createdAt = new Date();
  return {
    ...name,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + KEPT_MS),
    providerId: nativeProviderOf(call) ?? null,
    previousId,
    input: JSON.stringify(itemsOf(input).slice(request.history?.length ?? 0)),
    response: answer.toString(),
  };
}

/** Undefined for an id that nothing has: the database takes no NUL in a text. */
function nameOf(id: string, { keyId }: Caller): ResponseName | undefined {
  if (id === '' || id.length > LONGEST_ID || id.includes('\0')) return undefined;
  return { keyId: keyId ?? '', id };
}

function notFound(id: string): GatewayError {
  return new GatewayError('not_found', { message: `Response with id '${id}' not found.` });
}

function previousNotFound(id: string): GatewayError {
  const message = `Previous response with id '${id}' not found.`;
  return new GatewayError('previous_response_not_found', { param: 'previous_response_id', message });
}

function tooLong(): GatewayError {
  const message = `What came before the request is more than ${LIMITS.turns} turns, or too long.`;
  return new GatewayError('request_too_large', { param: 'previous_response_id', message });
}
