import { Agent, request } from 'undici';
import { guardedConnector } from './guarded-connector.js';
import type { LookupAll } from './guarded-connector.js';

const PATIENCE_MS = 10_000;
/** What a receiver answers is of no interest, and not read further than to keep the connection. */
const MOST_ANSWER = 16_384;

export interface WebhookClientOptions {
  /** May receivers not live at private and loopback addresses? Metadata addresses are refused always. */
  readonly denyPrivate: boolean;
  readonly patienceMs?: number;
  readonly lookup?: LookupAll;
}

/** Tells receivers, where a provider might live too. A redirect is not followed: it is no 2xx. */
export class WebhookClient {
  private readonly agent: Agent;
  private readonly patienceMs: number;

  constructor({ denyPrivate, patienceMs = PATIENCE_MS, lookup }: WebhookClientOptions) {
    this.patienceMs = patienceMs;
    this.agent = new Agent({
      connect: guardedConnector({ timeoutMs: patienceMs, denyPrivate, ...(lookup && { lookup }) }),
      keepAliveTimeout: 1_000,
    });
  }

  /** @returns the status of the answer @throws whatever kept it from being one */
  async post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<number> {
    const answer = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'pllm', ...headers },
      body,
      dispatcher: this.agent,
      signal: AbortSignal.timeout(this.patienceMs),
    });
    await answer.body.dump({ limit: MOST_ANSWER });
    return answer.statusCode;
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }
}
