interface LazyMember {
  readonly start: number;
  readonly end: number;
  /** Undefined: nobody has asked for it. JSON has no undefined. */
  value: unknown;
}

/** The same names come again and again: with one getter for each, all objects of like members are of one shape. */
const getters = new Map<string, PropertyDescriptor>();
const MOST_GETTERS = 1_000;
/** Clients make up names, as long as they like. */
const LONGEST_NAME = 64;

/**
 * What a JSON text says, of which long members are read from its bytes when somebody first asks for them. For
 * everybody else it is an object like any other.
 */
export class LazyObject {
  readonly #bytes: Buffer;
  readonly #members = new Map<string, LazyMember>();

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Gives `object` a member whose value, valid JSON, stands in `[start, end)` of its bytes. */
  static defer(object: LazyObject, name: string, start: number, end: number): void {
    object.#members.set(name, { start, end, value: undefined });
    Object.defineProperty(object, name, getterOf(name));
  }

  /** Gives it a member that is known. */
  static set(object: LazyObject, name: string, value: unknown): void {
    // The last one of a name counts; and `__proto__` is a name like any other.
    if (name === '__proto__' || object.#members.has(name)) {
      Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
    } else (object as unknown as Record<string, unknown>)[name] = value;
  }

  /** What was read is read again, if somebody asks once more. */
  static forget(object: LazyObject): void {
    for (const member of object.#members.values()) member.value = undefined;
  }

  static read(object: LazyObject, name: string): unknown {
    const member = object.#members.get(name);
    if (!member) return undefined;
    const { start, end } = member;
    return (member.value ??= JSON.parse(object.#bytes.toString('utf8', start, end)) as unknown);
  }
}

function getterOf(name: string): PropertyDescriptor {
  let getter = getters.get(name);
  if (!getter) {
    getter = {
      get(this: LazyObject) {
        return LazyObject.read(this, name);
      },
      enumerable: true,
      configurable: true,
    };
    if (getters.size >= MOST_GETTERS) getters.clear();
    if (name.length <= LONGEST_NAME) getters.set(name, getter);
  }
  return getter;
}
