/** The window, and the grain in which its end moves on, in milliseconds. */
const WINDOW_MS = 60_000;
export const SLOT_MS = 100;
/** A slot counts until its last moment is out of the window: a sum is never less than what the window holds. */
export const WINDOW_SLOTS = WINDOW_MS / SLOT_MS + 1;

/** Past this many, what is out of the window is not carried along any more. */
const MOST_SPENT = 64;

/**
 * What was added in the last 60 seconds, or in up to a slot more. Holds no more than a number for each slot in which
 * something was added. Times are milliseconds on a clock that does not go back; where it does, it stands still.
 */
export class SlidingSum {
  private slots: number[] = [];
  private amounts: number[] = [];
  /** Those before it are out of the window. */
  private head = 0;
  private sum = 0;

  total(now: number): number {
    this.advance(slotAt(now));
    return this.sum;
  }

  add(amount: number, now: number): void {
    if (amount === 0) return;
    const slot = Math.max(slotAt(now), this.slots.at(-1) ?? 0);
    this.advance(slot);
    if (this.slots.at(-1) !== slot) {
      this.slots.push(slot);
      this.amounts.push(0);
    }
    this.change(this.slots.length - 1, amount);
  }

  /** Some of what was added at the moment `at` was not needed. What is out of the window is forgotten. */
  takeBack(amount: number, at: number): void {
    const index = this.slots.lastIndexOf(slotAt(at));
    if (index < this.head) return;
    this.change(index, -Math.min(amount, this.amounts[index] ?? 0));
  }

  /** How many milliseconds until there is room for `amount` under `most`, if nobody adds to it; 0: there is. */
  waitFor(amount: number, most: number, now: number): number {
    let rest = this.total(now) + amount;
    if (rest <= most) return 0;
    for (let index = this.head; index < this.slots.length; index++) {
      rest -= this.amounts[index] ?? 0;
      if (rest <= most) return endOf(this.slots[index] ?? 0) - now;
    }
    return this.idleAfter(now);
  }

  /** How many milliseconds until nothing is left in the window. */
  idleAfter(now: number): number {
    this.advance(slotAt(now));
    const last = this.slots.at(-1);
    return last === undefined ? 0 : endOf(last) - now;
  }

  private change(index: number, by: number): void {
    this.amounts[index] = (this.amounts[index] ?? 0) + by;
    this.sum += by;
  }

  private advance(slot: number): void {
    while (this.head < this.slots.length && slot - (this.slots[this.head] ?? 0) >= WINDOW_SLOTS) {
      this.sum -= this.amounts[this.head] ?? 0;
      this.head++;
    }
    if (this.head < MOST_SPENT && this.head < this.slots.length) return;
    this.slots = this.slots.slice(this.head);
    this.amounts = this.amounts.slice(this.head);
    this.head = 0;
  }
}

function slotAt(now: number): number {
  return Math.floor(now / SLOT_MS);
}

/** When it counts no more. */
function endOf(slot: number): number {
  return (slot + WINDOW_SLOTS) * SLOT_MS;
}
