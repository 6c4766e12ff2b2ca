/** What `round-robin` remembers of one target of a model. */
interface Turn {
  readonly key: object;
  current: number;
}

/**
 * Smooth weighted round-robin as nginx does it: in every round each target gains its weight, and the one that is
 * chosen pays them all. So 5:1:1 comes as a a b a c a a, and not as a a a a a b c.
 */
export class Rotation {
  private turns: Turn[] = [];

  /** Of these, a weight each, the one whose turn it is; -1: none has a weight. */
  choose(keys: readonly object[], weights: readonly number[]): number {
    let total = 0;
    let chosen = -1;
    let most = -Infinity;
    for (let at = 0; at < keys.length; at++) {
      const weight = weights[at] ?? 0;
      if (weight <= 0) continue;
      const turn = this.turnOf(keys[at] as object);
      turn.current += weight;
      total += weight;
      if (turn.current > most) [chosen, most] = [at, turn.current];
    }
    if (chosen >= 0) this.turnOf(keys[chosen] as object).current -= total;
    return chosen;
  }

  /** How near the turn of a target is: higher is nearer. */
  currentOf(key: object): number {
    return this.turns.find((turn) => turn.key === key)?.current ?? 0;
  }

  /** The same turns, to look ahead without taking one. */
  copy(): Rotation {
    const copy = new Rotation();
    copy.turns = this.turns.map((turn) => ({ ...turn }));
    return copy;
  }

  /** Forgets the targets that the model has no more. */
  keep(keys: readonly object[]): void {
    this.turns = this.turns.filter(({ key }) => keys.includes(key));
  }

  private turnOf(key: object): Turn {
    for (const turn of this.turns) if (turn.key === key) return turn;
    const turn = { key, current: 0 };
    this.turns.push(turn);
    return turn;
  }
}
