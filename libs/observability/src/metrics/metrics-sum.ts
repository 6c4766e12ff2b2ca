import { AggregatorRegistry, Registry } from 'prom-client';
import { observeProcess } from './exposition.js';

/** One metric of a registry at a moment, as a message can carry it. */
export interface Figure {
  readonly name: string;
  readonly type: string;
  readonly values: readonly { readonly value: number }[];
}

/** What only grows, and may not shrink because a process ended: Prometheus would take the rest for news. */
const GROWS = new Set(['counter', 'histogram', 'summary']);

/** The metrics of several processes as those of one, this one's own figures of a process among them. */
export class MetricsSum {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  private readonly last = new Map<number, readonly Figure[]>();
  private departed: readonly Figure[] = [];
  private readonly own = new Registry();

  /** @param ask what each living process counts now, by its number; throws when one of them does not say */
  constructor(private readonly ask: () => Promise<ReadonlyMap<number, readonly Figure[]>>) {
    observeProcess(this.own);
  }

  async metrics(): Promise<string> {
    for (const [id, figures] of await this.ask()) this.last.set(id, figures);
    const living = [...this.last.values()];
    return add([...living, await readFigures(this.own), this.departed]).metrics();
  }

  /** It is dead: what it was last seen to have counted stays counted, and how it was then does not. */
  forget(id: number): void {
    const counted = this.last.get(id)?.filter(({ type }) => GROWS.has(type));
    this.last.delete(id);
    // What comes of adding up carries its values with it.
    if (counted) this.departed = add([this.departed, counted]).getMetricsAsArray() as unknown as Figure[];
  }
}

/** What a process tells of itself when it is asked. */
export function readFigures(registry: Registry): Promise<readonly Figure[]> {
  return registry.getMetricsAsJSON() as unknown as Promise<readonly Figure[]>;
}

/** By the rule that each metric names. */
function add(all: readonly (readonly Figure[])[]): Registry {
  return AggregatorRegistry.aggregate(all as unknown as object[]);
}
