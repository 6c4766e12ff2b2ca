import type { Change } from './change.js';
import type { ChangeListener } from './change-feed.js';

/** Keeps something of the database in memory. Asked one thing at a time; what fails is asked again. */
export interface Follower {
  readonly kinds: readonly string[];
  /** Reads anew what has one of these ids. */
  apply(ids: readonly string[]): Promise<void>;
  reload(): Promise<void>;
}

const RETRY_MS = 500;
/** Past so many, it is less work to read everything. */
const MOST_IDS = 200;

/** Takes the news from everywhere, in any order, any number of times: all it leads to is reading anew. */
export class ChangeInbox implements ChangeListener {
  private readonly desks: Desk[] = [];

  constructor(private readonly report: (error: unknown) => void) {}

  follow(follower: Follower): void {
    this.desks.push(new Desk(follower, this.report));
  }

  changed({ kind, id }: Change): void {
    for (const desk of this.desks) if (desk.follower.kinds.includes(kind)) desk.add(id);
  }

  missed(): void {
    for (const desk of this.desks) desk.addAll();
  }

  /** Everything that came in by now was read. */
  async settled(): Promise<void> {
    await Promise.all(this.desks.map((desk) => desk.working));
  }

  close(): void {
    for (const desk of this.desks) desk.close();
  }
}

/** What waits for one follower. */
class Desk {
  working: Promise<void> | undefined;
  private ids = new Set<string>();
  private all = false;
  private isClosed = false;
  private wait: NodeJS.Timeout | undefined;

  constructor(
    readonly follower: Follower,
    private readonly report: (error: unknown) => void,
  ) {}

  add(id: string): void {
    if (!this.all) this.ids.add(id);
    if (this.ids.size > MOST_IDS) this.addAll();
    else this.start();
  }

  addAll(): void {
    this.all = true;
    this.ids.clear();
    this.start();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.wait);
  }

  private start(): void {
    if (this.wait || this.isClosed) return;
    this.working ??= this.work().finally(() => {
      this.working = undefined;
      // Something may have come between the last look and now.
      if (this.all || this.ids.size > 0) this.start();
    });
  }

  private async work(): Promise<void> {
    // What one write tells by several ways comes together.
    await new Promise(setImmediate);
    while ((this.all || this.ids.size > 0) && !this.isClosed) {
      const { all, ids } = this;
      this.all = false;
      this.ids = new Set();
      try {
        await (all ? this.follower.reload() : this.follower.apply([...ids]));
      } catch (error) {
        this.report(error);
        this.putBack(all, ids);
        return;
      }
    }
  }

  private putBack(all: boolean, ids: ReadonlySet<string>): void {
    if (all) this.all = true;
    for (const id of ids) this.ids.add(id);
    this.wait = setTimeout(() => {
      this.wait = undefined;
      this.start();
    }, RETRY_MS).unref();
  }
}
