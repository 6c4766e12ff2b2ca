import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { CHANGE_CHANNEL, decodeChange } from './change.js';
import { waitBefore } from './change-feed.js';
import type { ChangeFeed, ChangeListener, FeedReport } from './change-feed.js';

/** As the server knows it: each gateway has one, and by it they are counted. */
export const FEED_CONNECTION = 'pllm-changes';

/** The workers of one gateway have one each, all by the name that is theirs alone: they are counted as one. */
export function feedConnectionOf(gateway: string | undefined): string {
  return gateway === undefined ? FEED_CONNECTION : `${FEED_CONNECTION}/${gateway}`;
}

const PATIENCE_MS = 3_000;
/** A route that is lost says nothing: only who asks finds out. */
const HEARTBEAT_MS = 5_000;

/** LISTEN, on a connection of its own. Who writes notifies in the transaction of the change. */
export class PostgresFeed implements ChangeFeed {
  readonly name = 'postgres';
  isUp = false;
  private readonly closing = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private client: Client | undefined;
  private wasUp = false;

  constructor(
    private readonly url: string,
    private readonly report: FeedReport,
    private readonly connectionName = FEED_CONNECTION,
  ) {}

  listen(listener: ChangeListener): void {
    this.running = this.run(listener);
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.client?.connection.stream.destroy();
    await this.running;
  }

  private async run(listener: ChangeListener): Promise<void> {
    for (let failures = 0; !this.closing.signal.aborted; failures++) {
      try {
        await this.connect(listener, () => (failures = 0));
      } catch (error) {
        if (!this.closing.signal.aborted) this.report.failed(error);
      }
      this.isUp = false;
      await this.pause(waitBefore(failures));
    }
  }

  /** Settles when the connection is lost, or closed by us. */
  private async connect(listener: ChangeListener, succeeded: () => void): Promise<void> {
    const client = new Client({
      connectionString: this.url,
      connectionTimeoutMillis: PATIENCE_MS,
      query_timeout: PATIENCE_MS,
      keepAlive: true,
      application_name: this.connectionName,
    });
    this.client = client;
    const lost = new Promise<never>((_, reject) => {
      client.once('error', reject);
      client.once('end', () => reject(new Error('The connection was closed.')));
    });
    lost.catch(() => {});
    client.on('error', () => {});
    client.on('notification', ({ payload }) => {
      const change = decodeChange(payload ?? '');
      if (change) listener.changed(change);
    });
    try {
      await Promise.race([client.connect(), lost]);
      await Promise.race([client.query(`LISTEN ${CHANGE_CHANNEL}`), lost]);
      succeeded();
      this.arrived(listener);
      await Promise.race([this.beat(client), lost]);
    } finally {
      // A server that is frozen would never answer a goodbye.
      client.connection.stream.destroy();
    }
  }

  private arrived(listener: ChangeListener): void {
    this.isUp = true;
    this.report.recovered();
    if (this.wasUp) listener.missed();
    this.wasUp = true;
  }

  private async beat(client: Client): Promise<void> {
    while (!this.closing.signal.aborted) {
      await this.pause(HEARTBEAT_MS);
      await client.query('SELECT 1');
    }
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.closing.signal, ref: false }).catch(() => {});
  }
}
