import { EVENT_STREAM, GatewayError, asksForStream, endUserOf } from '#contract';
import type { CallSignal, Emit, HeaderPairs, Reply, Usage } from '#contract';
import { Tally } from '#metering';
import type { Reservation, UsageRecord, UsageSpool } from '#metering';
import type { CallObserver, Tracer } from '#observability';
import type { Plan, PlanRun } from '#routing';
import type { ModelRegistry } from '../models/model-registry.js';
import type { Router } from '../models/router.js';
import type { Admissions, Admitted } from './admissions.js';
import { answerHeaders, earlyHeaders } from './answer-headers.js';
import { Asking } from './asking.js';
import type { Attempts, PiecesWinner, WholeWinner, Winner } from './attempt.js';
import type { Call } from './call.js';
import { decisionOf } from './decision.js';
import { estimateUsage } from './estimate-usage.js';
import { hideProvider } from './hide-provider.js';
import { passPieces } from './pass-pieces.js';
import type { ProviderLimits } from './provider-limits.js';
import type { Reservations } from './reservations.js';
import { Stopwatch } from './stopwatch.js';

/** What the request path is made of. */
export interface RelayParts {
  readonly models: ModelRegistry;
  readonly admissions: Admissions;
  readonly reservations: Reservations;
  readonly router: Router;
  readonly attempts: Attempts;
  readonly limits: ProviderLimits;
  readonly ledger: Pick<UsageSpool, 'append'>;
  readonly observer: CallObserver;
  /** Undefined: nobody wants traces. */
  readonly tracer: Tracer | undefined;
  /** How long the head of a stream is held back for its first content, in milliseconds. */
  readonly holdMs: number;
}

/** How far a call has come. */
interface Current {
  /** Undefined: nobody bounds the call, or it was refused. */
  admitted?: Admitted;
  plan?: Plan;
  /** Undefined: nobody bounds what the call costs, or it was refused. */
  reservation?: Reservation;
  run?: PlanRun;
  winner?: Winner;
  /** Has the client the head of its stream? */
  isOpen?: boolean;
}

/** The request path of every endpoint. */
export class Relay {
  constructor(private readonly parts: RelayParts) {}

  /**
   * From a known caller to a settled record: resolve the model, admit, plan, reserve, ask targets until one answers, pass
   * the answer on, count. The one `finally` records the call and lets go of the upstream, for every way out. An answer that is
   * whole goes out behind it, so that the time it tells of is all of it.
   *
   * @param signal aborted when the client is gone
   * @param emit gives the client a piece of the answer
   * @throws GatewayError
   */
  async relay(call: Call, signal: CallSignal, emit: Emit): Promise<void> {
    const { models, admissions, reservations, router, attempts, limits, ledger, observer, tracer } =
      this.parts;
    const tally = startTally(call);
    const watch = new Stopwatch(call.startedAt);
    const trace = tracer?.begin(call);
    const asking = new Asking(attempts, limits, call, signal, { tally, watch, trace });
    const current: Current = {};
    const hold = this.hold(call, current, tally, emit);
    const deadline = endInTime(call, signal);
    try {
      const model = models.resolve(call.request.value.model, call.caller);
      const admitting = admissions.admit(call, model);
      if (admitting) current.admitted = await admitting;
      current.plan = router.plan(model, call);
      const reserving = reservations.reserve(call, current.plan);
      if (reserving) current.reservation = await reserving;
      const run = (current.run = router.start(current.plan, call));
      const winner = await run.run(
        (step) => asking.ask(step, run.hasMore),
        (ms) => asking.sleep(ms),
      );
      clearTimeout(hold);
      current.winner = winner;
      call.answeredBy = asking.step?.target;
      tally.commit();
      if (winner.kind === 'pieces') {
        const now = performance.now();
        tally.seePiece(now);
        const headers = this.headers(call, current, asking, tally, watch.open(now));
        if (!current.isOpen) emit(openReply(winner, headers));
        await passPieces(call, winner, signal, emit);
      }
      tally.finish();
    } catch (thrown) {
      throw tally.fail(breakOff(thrown, current, asking));
    } finally {
      clearTimeout(hold);
      clearTimeout(deadline);
      asking.end();
      const record = settle(call, tally, current);
      await ledger.append(record);
      const now = performance.now();
      if (current.winner?.kind === 'whole')
        emit(wholeReply(current.winner, this.headers(call, current, asking, tally, watch.answer(now))));
      observer.observe(record, watch.stop(now));
      trace?.end(record, now);
    }
  }

  /** Records a call that is refused before it is relayed. */
  async refuse(call: Call, thrown: unknown): Promise<GatewayError> {
    const { ledger, observer, tracer } = this.parts;
    const trace = tracer?.begin(call);
    const tally = startTally(call);
    const error = tally.fail(GatewayError.from(thrown));
    const record = settle(call, tally, {});
    await ledger.append(record);
    const now = performance.now();
    observer.observe(record, new Stopwatch(call.startedAt).stop(now));
    trace?.end(record, now);
    return error;
  }

  /**
   * A stream that is long in coming is opened without it: heartbeats keep alive whoever is on the way. Targets are
   * asked on as before, since the client has seen nothing of an answer.
   */
  private hold({ request }: Call, current: Current, tally: Tally, emit: Emit): NodeJS.Timeout | undefined {
    if (!asksForStream(request.value)) return undefined;
    return setTimeout(() => {
      current.isOpen = true;
      tally.open();
      const headers = [...earlyHeaders(request.value.model), ...(current.admitted?.pairs ?? [])];
      emit({ kind: 'open', headers, contentType: EVENT_STREAM });
    }, this.parts.holdMs);
  }

  private headers(
    { operation, request }: Call,
    { admitted }: Current,
    { step }: Asking,
    { attemptCount: attempts }: Tally,
    overheadMs: number,
  ): HeaderPairs {
    if (!step) return [];
    const { model, target } = step;
    const dropped = this.parts.attempts.droppedParameters(operation, request, target);
    const headers = answerHeaders({ model, provider: target.provider.name, attempts, overheadMs, dropped });
    return admitted ? [...headers, ...admitted.pairs] : headers;
  }
}

/** A client may say how long all of its call may take. */
function endInTime({ wishes }: Call, signal: CallSignal): NodeJS.Timeout | undefined {
  if (wishes.timeoutMs === undefined) return undefined;
  return setTimeout(() => signal.abort(new GatewayError('deadline_exceeded')), wishes.timeoutMs);
}

function openReply({ contentType, pieces }: PiecesWinner, headers: HeaderPairs): Reply {
  return { kind: 'open', headers, contentType, printError: pieces.printError };
}

function wholeReply({ decoded }: WholeWinner, headers: HeaderPairs): Reply {
  const { body, contentType = 'application/json' } = decoded;
  return { kind: 'whole', headers, contentType, body };
}

/** What the client is told of whatever ended the call. */
function breakOff(thrown: unknown, { run, admitted }: Current, { step }: Asking): GatewayError {
  const error = GatewayError.from(thrown);
  run?.breakOff(error);
  const shown = step ? hideProvider(error, step.target.provider) : error;
  return admitted ? shown.withHeaders(admitted.headers) : shown;
}

/** The call's record, and an end to its place in the books of its target, under its limits and in its budgets. */
function settle(call: Call, tally: Tally, current: Current): UsageRecord {
  const { plan, run, winner, admitted, reservation } = current;
  try {
    const usage = usageOf(winner);
    tally.seeUsage(usage);
    run?.finish(usage?.completionTokens);
    if (tally.needsEstimate) tally.estimate(estimateUsage(call, winner));
    tally.decide(decisionOf(plan, run));
    if (reservation) tally.reserve(reservation.holder, reservation.mostNanos);
    return (call.record = tally.close(performance.now()));
  } finally {
    reservation?.settle(call.record?.costNanos ?? null);
    admitted?.settle((call.record?.promptTokens ?? 0) + (call.record?.completionTokens ?? 0));
  }
}

function usageOf(winner: Winner | undefined): Usage | undefined {
  return winner?.kind === 'pieces' ? winner.pieces.usage : winner?.decoded.usage;
}

function startTally({ requestId, at, startedAt, operation, caller, request }: Call): Tally {
  const { model } = request.value;
  const call = {
    requestId,
    at,
    keyId: caller.keyId,
    teamId: caller.teamId,
    operation,
    model,
    stream: asksForStream(request.value),
    endUser: endUserOf(request.value),
  };
  return new Tally(call, startedAt);
}
