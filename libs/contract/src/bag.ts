/** What can be put into a `Bag`. */
export interface Bagged {
  /** Where it lies; -1: in none. For the bag alone. */
  place: number;
}

/**
 * Objects that come and go with every call, in no order. A `Set` would do, but for its garbage: a table that it
 * outgrew points to the next one, so that one old table keeps all later ones, and every call that was in them, until
 * the next full collection.
 */
export class Bag<T extends Bagged> {
  private readonly members: T[] = [];

  get size(): number {
    return this.members.length;
  }

  add(member: T): void {
    if (member.place >= 0) return;
    member.place = this.members.length;
    this.members.push(member);
  }

  delete(member: T): void {
    const { place } = member;
    if (place < 0) return;
    const last = this.members.pop() as T;
    if (last !== member) {
      this.members[place] = last;
      last.place = place;
    }
    member.place = -1;
  }

  /** Visits each that is there; `visit` may delete it. */
  forEach(visit: (member: T) => void): void {
    for (let at = this.members.length - 1; at >= 0; at--) {
      const member = this.members[at];
      if (member) visit(member);
    }
  }
}
