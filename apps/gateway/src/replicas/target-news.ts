import { randomUUID } from 'node:crypto';
import { decodeTargetNews, encodeTargetNews } from '#coordination';
import type { HealthReason, TargetStates } from '#routing';
import type { Replicas } from './replicas.js';

/** What this gateway finds out of targets is told to the others, and the other way round. */
export function shareTargetNews(
  replicas: Pick<Replicas, 'hear' | 'tell'>,
  targets: TargetStates,
  clock: () => number,
): void {
  const self = randomUUID();
  targets.listen(({ provider, model }, { state, until, reason }) => {
    const remainingMs = state === 'healthy' ? 0 : Math.max(0, until - clock());
    replicas.tell(
      encodeTargetNews({ from: self, providerId: provider.id, model, state, remainingMs, reason }),
    );
  });
  replicas.hear((change) => {
    const news = decodeTargetNews(change);
    // Its own news come back when they are old.
    if (news && news.from !== self) {
      const until = news.state === 'healthy' ? 0 : clock() + news.remainingMs;
      const reason = news.reason as HealthReason | undefined;
      targets.adopt(news.providerId, news.model, { state: news.state, until, reason });
    }
    return news !== undefined;
  });
}
