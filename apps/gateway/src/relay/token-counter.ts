import type { CallSignal, Emit, WholeReply } from '#contract';
import { findAdapter } from '#providers';
import type { ModelRegistry } from '../models/model-registry.js';
import type { Admissions } from './admissions.js';
import type { Call } from './call.js';
import { estimatePrompt } from './estimate-usage.js';
import type { Relay } from './relay.js';

/** Says how many tokens a prompt is before it is sent: as its provider counts, or else as near as can be guessed. */
export class TokenCounter {
  constructor(
    private readonly models: ModelRegistry,
    private readonly admissions: Admissions,
    private readonly relay: Relay,
  ) {}

  /** @throws GatewayError */
  async count(call: Call<'count_tokens'>, signal: CallSignal, emit: Emit): Promise<void> {
    const estimate = await this.estimate(call).catch(async (thrown: unknown) => {
      throw await this.relay.refuse(call, thrown);
    });
    if (!estimate) return this.relay.relay(call, signal, emit);
    emit(estimate);
  }

  /** Undefined: a provider of the model counts. @throws GatewayError */
  private async estimate(call: Call<'count_tokens'>): Promise<WholeReply | undefined> {
    const { caller, request } = call;
    const model = this.models.resolve(request.value.model, caller);
    const isCounted = model.targets.some(
      ({ provider }) => findAdapter(provider.type)?.operations.count_tokens,
    );
    if (isCounted) return undefined;
    const admitted = await this.admissions.admit(call, model);
    admitted?.settle(0);
    const body = Buffer.from(JSON.stringify({ input_tokens: estimatePrompt(request.value) }));
    return { kind: 'whole', headers: admitted?.pairs ?? [], contentType: 'application/json', body };
  }
}
