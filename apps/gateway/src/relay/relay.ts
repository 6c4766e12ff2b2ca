import { EVENT_STREAM, GatewayError, asksForStream } from '#contract';
import type { CallSignal, Emit, HeaderPairs, Reply, Target, Usage } from '#contract';
import { Tally } from '#metering';
import type { UsageSpool } from '#metering';
import type { CallObserver, Tracer } from '#observability';
import { firstAnswer } from '#routing';
import type { Exchange } from '#upstream';
import type { ModelRegistry } from '../models/model-registry.js';
import type { Call } from './call.js';
import type { Attempts, PiecesWinner, WholeWinner, Winner } from './attempt.js';
import { estimateUsage } from './estimate-usage.js';
import { hideProvider } from './hide-provider.js';
import { Stopwatch } from './stopwatch.js';

/** A client makes up names under a wildcard: a header has no room for all of them. */
const LONGEST_HEADER_TEXT = 256;

/** How far a call has come. */
interface Current {
  model?: string;
  target?: Target;
  exchange?: Exchange;
  winner?: Winner;
  /** Has the client the head of its stream? */
  isOpen?: boolean;
}

/** The request path of every endpoint. */
export class Relay {
  constructor(
    private readonly models: ModelRegistry,
    private readonly attempts: Attempts,
    private readonly ledger: Pick<UsageSpool, 'append'>,
    private readonly observer: CallObserver,
    /** Undefined: nobody wants traces. */
    private readonly tracer: Tracer | undefined,
    /** How long the head of a stream is held back for its first content, in milliseconds. */
    private readonly holdMs: number,
  ) {}

  /**
   * From a known caller to a settled record: resolve the model, ask its targets in order, pass the answer on, count.
   * The one `finally` records the call and lets go of the upstream, for every way out. An answer that is whole goes
   * out behind it, so that the time it tells of is all of it.
   *
   * @param signal aborted when the client is gone
   * @param emit gives the client a piece of the answer
   * @throws GatewayError
   */
  async relay(call: Call, signal: CallSignal, emit: Emit): Promise<void> {
    const tally = startTally(call);
    const watch = new Stopwatch(call.startedAt);
    const trace = this.tracer?.begin(call);
    const current: Current = {};
    const hold = asksForStream(call.request.value) ? this.hold(current, tally, emit) : undefined;
    signal.listen((reason) => current.exchange?.abort(reason));
    try {
      const { operation, request } = call;
      const model = this.models.resolve(request.value.model, call.caller);
      current.model = model.id;
      const winner = await firstAnswer(model.targets, (target) => {
        signal.throwIfAborted();
        tally.attempt(target);
        current.target = target;
        const span = trace?.attempt(operation, target);
        const exchange = this.attempts.send(operation, request, target, span);
        current.exchange = exchange;
        watch.send(exchange, performance.now());
        const answer = this.attempts.receive(operation, request, target, exchange, span);
        return span ? span.follow(answer, exchange) : answer;
      });
      clearTimeout(hold);
      current.winner = winner;
      tally.commit();
      if (winner.kind === 'pieces')
        await pass(winner, openReply(winner, tally, current, watch), signal, emit);
      tally.finish();
    } catch (thrown) {
      const error = GatewayError.from(thrown);
      throw tally.fail(current.target ? hideProvider(error, current.target.provider) : error);
    } finally {
      clearTimeout(hold);
      signal.listen(undefined);
      current.exchange?.release();
      tally.seeUsage(usageOf(current.winner));
      if (tally.needsEstimate) tally.estimate(estimateUsage(call, current.winner));
      const record = tally.close(performance.now());
      call.record = record;
      await this.ledger.append(record);
      const now = performance.now();
      if (current.winner?.kind === 'whole') {
        emitWhole(current.winner, answerHeaders(tally, current, watch.answer(now)), emit);
      }
      this.observer.observe(record, watch.stop(now));
      trace?.end(record, now);
    }
  }

  /**
   * A stream that is long in coming is opened without it: heartbeats keep alive whoever is on the way. Targets are
   * asked on as before, since the client has seen nothing of an answer.
   */
  private hold(current: Current, tally: Tally, emit: Emit): NodeJS.Timeout {
    return setTimeout(() => {
      current.isOpen = true;
      tally.open();
      const headers = ['x-pllm-model', headerText(current.model ?? '')];
      emit({ kind: 'open', headers, contentType: EVENT_STREAM });
    }, this.holdMs);
  }
}

/** What goes before the pieces; undefined: the client has it. */
function openReply(
  { contentType }: PiecesWinner,
  tally: Tally,
  current: Current,
  watch: Stopwatch,
): Reply | undefined {
  const now = performance.now();
  tally.seePiece(now);
  const headers = answerHeaders(tally, current, watch.open(now));
  return current.isOpen ? undefined : { kind: 'open', headers, contentType };
}

function emitWhole({ decoded }: WholeWinner, headers: HeaderPairs, emit: Emit): void {
  const { body, contentType = 'application/json' } = decoded;
  emit({ kind: 'whole', headers, contentType, body });
}

/** The answer as it comes, and no faster than the client takes it: a slow one slows its upstream. */
async function pass(
  { first, pieces }: PiecesWinner,
  opening: Reply | undefined,
  signal: CallSignal,
  emit: Emit,
): Promise<void> {
  if (opening) emit(opening);
  for (let next: Buffer[] | undefined = first; next; next = await pieces.next()) {
    const full = emit({ kind: 'pieces', pieces: next });
    if (full) await full;
    signal.throwIfAborted();
  }
  if (pieces.ending !== '') emit({ kind: 'end', text: pieces.ending });
}

function usageOf(winner: Winner | undefined): Usage | undefined {
  return winner?.kind === 'pieces' ? winner.pieces.usage : winner?.decoded.usage;
}

function startTally({ requestId, at, startedAt, operation, caller, request }: Call): Tally {
  const { model, user } = request.value;
  const call = {
    requestId,
    at,
    keyId: caller.keyId,
    operation,
    model,
    stream: asksForStream(request.value),
    endUser: user || null,
  };
  return new Tally(call, startedAt);
}

function answerHeaders(tally: Tally, { model, target }: Current, overheadMs: number): HeaderPairs {
  return [
    'x-pllm-model',
    headerText(model ?? ''),
    'x-pllm-provider',
    headerText(target?.provider.name ?? ''),
    'x-pllm-attempts',
    String(tally.attemptCount),
    'x-pllm-overhead-ms',
    String(Math.round(overheadMs * 1000) / 1000),
  ];
}

/** The same names come again and again. */
const headerTexts = new Map<string, string>();
const MOST_HEADER_TEXTS = 1_000;

/** Header values are ASCII (RFC 9110, 5.5); names may be anything, half an emoji included. */
function headerText(text: string): string {
  let value = headerTexts.get(text);
  if (value === undefined) {
    const short = text.slice(0, LONGEST_HEADER_TEXT);
    value = /^[\x20-\x7e]*$/.test(short) ? short : encodeURIComponent(Buffer.from(short).toString());
    if (headerTexts.size >= MOST_HEADER_TEXTS) headerTexts.clear();
    headerTexts.set(text, value);
  }
  return value;
}
