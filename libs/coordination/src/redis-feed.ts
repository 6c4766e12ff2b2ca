import { Redis } from 'ioredis';
import { CHANGE_CHANNEL, decodeChange, encodeChange } from './change.js';
import type { Change } from './change.js';
import { waitBefore } from './change-feed.js';
import type { ChangeFeed, ChangeListener, FeedReport } from './change-feed.js';

const COMMAND_MS = 1_000;
const CONNECT_MS = 2_000;
/** A Redis that is frozen keeps its connections: only who asks finds out. */
const HEARTBEAT_MS = 3_000;

/**
 * A channel of Redis. No call waits for it: a command that is not answered within a second has failed, and none is
 * kept for later.
 */
export class RedisFeed implements ChangeFeed {
  readonly name = 'redis';
  isUp = false;
  private readonly subscriber: Redis;
  private readonly publisher: Redis;
  private heartbeat: NodeJS.Timeout | undefined;
  private wasUp = false;
  private isClosed = false;

  constructor(
    url: string,
    private readonly report: FeedReport,
  ) {
    this.subscriber = this.connection(url);
    this.publisher = this.connection(url);
  }

  listen(listener: ChangeListener): void {
    this.subscriber.on('message', (_, text) => {
      const change = decodeChange(text);
      if (change) listener.changed(change);
    });
    this.subscriber.on('ready', () => void this.subscribe(listener));
    this.subscriber.on('close', () => (this.isUp = false));
    for (const redis of [this.subscriber, this.publisher]) redis.connect().catch(() => {});
    this.heartbeat = setInterval(() => {
      void this.beat(this.subscriber);
      void this.beat(this.publisher);
    }, HEARTBEAT_MS);
    this.heartbeat.unref();
  }

  /** Tells the others, if that can be done now; otherwise their poll will. */
  publish(change: Change): void {
    this.publisher.publish(CHANGE_CHANNEL, encodeChange(change)).catch(this.fail);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.heartbeat);
    this.subscriber.disconnect();
    this.publisher.disconnect();
  }

  private async subscribe(listener: ChangeListener): Promise<void> {
    try {
      await this.subscriber.subscribe(CHANGE_CHANNEL);
    } catch (error) {
      this.fail(error);
      this.reconnect(this.subscriber);
      return;
    }
    this.isUp = true;
    this.report.recovered();
    if (this.wasUp) listener.missed();
    this.wasUp = true;
  }

  private async beat(redis: Redis): Promise<void> {
    if (redis.status !== 'ready') return;
    try {
      await redis.ping();
    } catch (error) {
      this.fail(error);
      this.reconnect(redis);
    }
  }

  private reconnect(redis: Redis): void {
    if (redis === this.subscriber) this.isUp = false;
    if (!this.isClosed) redis.disconnect(true);
  }

  private readonly fail = (error: unknown): void => {
    if (!this.isClosed) this.report.failed(error);
  };

  private connection(url: string): Redis {
    const redis = new Redis(url, {
      lazyConnect: true,
      commandTimeout: COMMAND_MS,
      connectTimeout: CONNECT_MS,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      autoResubscribe: false,
      maxRetriesPerRequest: 0,
      keepAlive: 10_000,
      connectionName: 'pllm',
      retryStrategy: waitBefore,
    });
    redis.on('error', this.fail);
    return redis;
  }
}
