import {
  CHANGE_CHANNEL,
  ChangeInbox,
  ChangePoll,
  FEED_CONNECTION,
  PostgresFeed,
  RedisFeed,
  encodeChange,
  feedConnectionOf,
} from '#coordination';
import type { Change, ChangeFeed, ChangeListener, FeedReport, Follower } from '#coordination';
import { FaultLog } from '#observability';
import type { FaultTeller } from '#observability';
import { countConnections, findLogStart, readWrites } from '#persistence';
import type { Database } from '#persistence';
import { ReplicaCount } from './replica-count.js';

export interface ReplicasOptions {
  readonly database: Database;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly faults: FaultTeller;
  /** Of several processes that are one gateway; undefined: it is this one alone. */
  readonly gatewayId: string | undefined;
}

/** A poll that waits longer than this would find a revoked key too late. */
const POLL_MS = 1_500;

/** A write of this kind asks all gateways to read everything anew. */
export const RELOAD = 'system';

/**
 * Whatever another gateway on the same database changes is read anew here. Three ways bring the news, each doing
 * without the others. Nobody else writes to an embedded database: there, none of this runs.
 */
export class Replicas {
  private readonly inbox: ChangeInbox;
  private readonly feeds: ChangeFeed[] = [];
  private readonly redis: RedisFeed | undefined;
  private readonly poll: ChangePoll | undefined;
  private readonly counted = new ReplicaCount(() => performance.now());
  private lastPoll: number | undefined;
  private readonly database: Database;
  private readonly hearers: ((change: Change) => boolean)[] = [];

  constructor(options: ReplicasOptions) {
    const { database, databaseUrl, redisUrl, faults, gatewayId } = options;
    this.database = database;
    const stale = new FaultLog(faults, 'replica_changes');
    const report = (message: string, error: unknown): void => {
      // That the database is away is told of once, not by everybody who asks it.
      if (database.state === 'closed') stale.failed(message, error);
    };
    this.inbox = new ChangeInbox((error) => report('a change cannot be read yet', error));
    if (databaseUrl === undefined) {
      this.counted.see(1);
      return;
    }
    const own = new PostgresFeed(databaseUrl, reportTo(faults, 'postgres'), feedConnectionOf(gatewayId));
    this.feeds.push(own);
    if (redisUrl !== undefined) {
      this.redis = new RedisFeed(redisUrl, reportTo(faults, 'redis'));
      this.feeds.push(this.redis);
    }
    this.poll = new ChangePoll({
      log: {
        start: () => database.read(findLogStart, POLL_MS),
        read: async (after, seen, limit) => {
          const writes = await database.read((queries) => readWrites(queries, after, seen, limit), POLL_MS);
          this.lastPoll = Date.now();
          void this.countThem(own);
          return writes;
        },
      },
      report: (error) => report('the log of changes cannot be read', error),
    });
    const { redis } = this;
    database.afterWrite(({ objectType, objectId }) => redis?.publish({ kind: objectType, id: objectId }));
  }

  /** How the news come, and whether that works now; none: there are no other gateways. */
  get feedStates(): readonly { readonly name: string; readonly isUp: boolean }[] {
    return this.feeds.map(({ name, isUp }) => ({ name, isUp }));
  }

  /** When the log of changes was last read, in milliseconds since 1970. */
  get lastPolledAt(): number | undefined {
    return this.lastPoll;
  }

  /** How many gateways there are, this one included, each with all of its workers. */
  get count(): number {
    return this.counted.value;
  }

  /** The same; undefined: this process has not counted them yet. */
  get knownCount(): number | undefined {
    return this.counted.known;
  }

  follow(follower: Follower): void {
    this.inbox.follow(follower);
  }

  /** Is told of changes that carry their news in them; answers whether it was one of its own. */
  hear(hearer: (change: Change) => boolean): void {
    this.hearers.push(hearer);
  }

  /** Tells the other gateways, if that can be done now. It is no word that anybody waits for. */
  tell(change: Change): void {
    if (this.feeds.length === 0) return;
    if (this.redis?.isUp) return this.redis.publish(change);
    this.database.run('SELECT pg_notify($1, $2)', [CHANGE_CHANNEL, encodeChange(change)]).catch(() => {});
  }

  /** By the connections on which they hear of changes. Where they cannot be counted, as many as there were stand. */
  private async countThem(own: ChangeFeed): Promise<void> {
    // Who is not among them does not know whether it sees itself.
    if (!own.isUp) return;
    try {
      const count = await this.database.read(
        (queries) => countConnections(queries, FEED_CONNECTION),
        POLL_MS,
      );
      this.counted.see(count);
    } catch {
      // The database is away, as its log has told by now.
    }
  }

  start(): void {
    const { inbox } = this;
    const listener: ChangeListener = {
      changed: (change) => {
        if (this.hearers.some((hear) => hear(change))) return;
        if (change.kind === RELOAD) inbox.missed();
        else inbox.changed(change);
      },
      missed: () => inbox.missed(),
    };
    for (const feed of this.feeds) feed.listen(listener);
    this.poll?.start(listener);
  }

  async close(): Promise<void> {
    this.inbox.close();
    await Promise.all([...this.feeds.map((feed) => feed.close()), this.poll?.close()]);
  }
}

function reportTo(faults: FaultTeller, name: string): FeedReport {
  const log = new FaultLog(faults, `feed_${name}`);
  return {
    failed: (error) =>
      log.failed(`${name} brings no news of changes; the database is asked every 2 s`, error),
    recovered: () => log.recovered(`${name} brings news of changes again`),
  };
}
