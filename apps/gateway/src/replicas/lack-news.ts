import type { BudgetBook } from '#metering';
import type { Replicas } from './replicas.js';

/** The kind of a change that carries its news in it: nothing is to be read anew. */
const LACK = 'budget_lack';

/** What this gateway lacks of a budget is told to the others, who give back what they do not need, and the other way round. */
export function shareLackNews(
  replicas: Pick<Replicas, 'hear' | 'tell'>,
  book: Pick<BudgetBook, 'holder' | 'listen' | 'giveToOthers'>,
): void {
  book.listen((account) => replicas.tell({ kind: LACK, id: JSON.stringify([book.holder, account]) }));
  replicas.hear(({ kind, id }) => {
    if (kind !== LACK) return false;
    const [from, account] = read(id);
    if (from !== book.holder && typeof account === 'string') book.giveToOthers(account);
    return true;
  });
}

/** Anybody may write to a channel. */
function read(text: string): readonly unknown[] {
  try {
    const news: unknown = JSON.parse(text);
    return Array.isArray(news) ? news : [];
  } catch {
    return [];
  }
}
