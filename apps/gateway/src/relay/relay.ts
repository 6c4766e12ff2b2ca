import { GatewayError, asksForStream } from '#contract';
import type { CallSignal, Emit, HeaderPairs, Target, Usage } from '#contract';
import { Tally } from '#metering';
import type { UsageSpool } from '#metering';
import { firstAnswer } from '#routing';
import type { Exchange } from '#upstream';
import type { ModelRegistry } from '../models/model-registry.js';
import type { Call } from './call.js';
import type { Attempts, PiecesWinner, Winner } from './attempt.js';
import { estimateUsage } from './estimate-usage.js';
import { hideProvider } from './hide-provider.js';

/** A client makes up names under a wildcard: a header has no room for all of them. */
const LONGEST_HEADER_TEXT = 256;

/** The request path of every endpoint. */
export class Relay {
  constructor(
    private readonly models: ModelRegistry,
    private readonly attempts: Attempts,
    private readonly ledger: Pick<UsageSpool, 'append'>,
  ) {}

  /**
   * From a known caller to a settled record: resolve the model, ask its targets in order, pass the answer on, count.
   * The one `finally` records the call and lets go of the upstream, for every way out.
   *
   * @param signal aborted when the client is gone
   * @param emit gives the client a piece of the answer
   * @throws GatewayError
   */
  async relay(call: Call, signal: CallSignal, emit: Emit): Promise<void> {
    const tally = startTally(call);
    const current: { exchange?: Exchange; target?: Target; winner?: Winner } = {};
    signal.listen((reason) => current.exchange?.abort(reason));
    try {
      const { operation, request } = call;
      const model = this.models.resolve(request.value.model, call.caller);
      const sentAt = performance.now();
      const winner = await firstAnswer(model.targets, (target) => {
        signal.throwIfAborted();
        tally.attempt(target);
        current.target = target;
        current.exchange = this.attempts.send(operation, request, target);
        return this.attempts.receive(operation, request, target, current.exchange);
      });
      current.winner = winner;
      const overheadMs = sentAt - call.startedAt;
      const headers = answerHeaders(tally, model.id, current.target, overheadMs);
      tally.commit();
      if (winner.kind === 'pieces') await pass(winner, headers, tally, signal, emit);
      else {
        const { body, contentType = 'application/json' } = winner.decoded;
        emit({ kind: 'whole', headers, contentType, body });
      }
      tally.finish();
    } catch (thrown) {
      const error = GatewayError.from(thrown);
      throw tally.fail(current.target ? hideProvider(error, current.target.provider) : error);
    } finally {
      signal.listen(undefined);
      current.exchange?.release();
      tally.seeUsage(usageOf(current.winner));
      if (tally.needsEstimate) tally.estimate(estimateUsage(call, current.winner));
      await this.ledger.append(tally.close(performance.now()));
    }
  }
}

/** The answer as it comes, and no faster than the client takes it: a slow one slows its upstream. */
async function pass(
  { contentType, first, pieces }: PiecesWinner,
  headers: HeaderPairs,
  tally: Tally,
  signal: CallSignal,
  emit: Emit,
): Promise<void> {
  emit({ kind: 'open', headers, contentType });
  tally.seePiece(performance.now());
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

function answerHeaders(
  tally: Tally,
  model: string,
  target: Target | undefined,
  overheadMs: number,
): HeaderPairs {
  return [
    'x-pllm-model',
    headerText(model),
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
