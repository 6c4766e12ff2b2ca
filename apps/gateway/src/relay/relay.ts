import { GatewayError } from '#contract';
import type {
  CallSignal,
  Emit,
  HeaderPairs,
  Operation,
  OperationName,
  Target,
  Usage,
  WireRequest,
} from '#contract';
import { Tally } from '#metering';
import type { UsageSpool } from '#metering';
import { firstAnswer } from '#routing';
import type { Exchange } from '#upstream';
import type { Caller } from '../auth/caller.js';
import type { ModelRegistry } from '../models/model-registry.js';
import { hideProvider } from './attempt.js';
import type { Attempts, StreamWinner, Winner } from './attempt.js';

/** One call, from a known caller. */
export interface Call<N extends OperationName = OperationName> {
  readonly requestId: string;
  readonly operation: N;
  readonly request: WireRequest<Operation[N]['Request']>;
  readonly caller: Caller;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The same moment on the monotonic clock, in milliseconds. */
  readonly startedAt: number;
}

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
      if (winner.kind === 'stream') await pass(winner, headers, tally, signal, emit);
      else emit({ kind: 'whole', headers, body: winner.decoded.body });
      tally.finish();
    } catch (thrown) {
      const error = GatewayError.from(thrown);
      throw tally.fail(current.target ? hideProvider(error, current.target.provider) : error);
    } finally {
      signal.listen(undefined);
      current.exchange?.release();
      tally.seeUsage(usageOf(current.winner));
      await this.ledger.append(tally.close(performance.now()));
    }
  }
}

/** The answer as it comes, and no faster than the client takes it: a slow one slows its upstream. */
async function pass(
  { first, reader, decoder }: StreamWinner,
  headers: HeaderPairs,
  tally: Tally,
  signal: CallSignal,
  emit: Emit,
): Promise<void> {
  emit({ kind: 'open', headers });
  tally.seePiece(performance.now());
  await emit({ kind: 'chunks', payloads: first });
  while (!decoder.isComplete) {
    signal.throwIfAborted();
    const events = await reader.next();
    if (!events) break;
    const payloads: Buffer[] = [];
    try {
      for (const event of events) for (const payload of decoder.push(event)) payloads.push(payload);
    } finally {
      // An error in the middle of a packet does not take back what came before it.
      const full = payloads.length > 0 ? emit({ kind: 'chunks', payloads }) : undefined;
      if (full) await full;
    }
  }
  const rest = decoder.end();
  if (rest.length > 0) emit({ kind: 'chunks', payloads: rest });
  signal.throwIfAborted();
}

function usageOf(winner: Winner | undefined): Usage | undefined {
  return winner?.kind === 'stream' ? winner.decoder.usage : winner?.decoded.usage;
}

function startTally({ requestId, at, startedAt, operation, caller, request }: Call): Tally {
  const { model, stream, user } = request.value;
  const call = {
    requestId,
    at,
    keyId: caller.keyId,
    operation,
    model,
    stream: stream === true,
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
    overheadMs.toFixed(3),
  ];
}

/** Header values are ASCII (RFC 9110, 5.5); names may be anything, half an emoji included. */
function headerText(text: string): string {
  const short = text.slice(0, LONGEST_HEADER_TEXT);
  return /^[\x20-\x7e]*$/.test(short) ? short : encodeURIComponent(Buffer.from(short).toString());
}
