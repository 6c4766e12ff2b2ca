import { GatewayError, JsonMembers, splice } from '#contract';
import type { Edit, RelayedRequest } from '#contract';
import { isGiven } from './decode-response.js';

/** What a provider wants otherwise in a request, by name. */
export interface MemberRules {
  /** OpenAI's names to the provider's own. Where a client gives both, the provider's own stands. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Members that the provider refuses, and that say nothing about what the answer should be. */
  readonly drop?: readonly string[];
}

/** Rewrites a request that was parsed as `value`; every byte that it need not touch stays. @throws GatewayError */
export type Rewrite = (body: Buffer, value: RelayedRequest) => Buffer;

const NOTHING = Buffer.alloc(0);
const QUOTE = 0x22;

/** What nobody gives is not looked for: such a request is read no second time. */
export function compileMembers({ rename = {}, drop = [] }: MemberRules): Rewrite {
  const renames = Object.entries(rename);
  const names = [...drop, ...Object.keys(rename)];
  const members = new JsonMembers([...new Set([...drop, ...renames.flat()])]);
  // In a stream the gateway asks for usage itself.
  const dropsOptions = drop.includes('stream_options');
  return (body, value) => {
    const isSaid = names.some((name) => Object.hasOwn(value, name));
    return isSaid || (dropsOptions && value.stream === true) ? edit(body) : body;
  };

  function edit(body: Buffer): Buffer {
    let rewritten = read(members, body);
    const change = (one: Edit): void => void (rewritten = read(members, splice(rewritten, [one])));
    const cut = (name: string): void => change({ ...members.spanOf(name), text: NOTHING });
    for (const name of drop) if (members.start(name) >= 0) cut(name);
    for (const [name, own] of renames) {
      if (members.start(name) < 0) continue;
      if (isGiven(rewritten, members.start(own))) cut(name);
      else {
        if (members.start(own) >= 0) cut(own);
        const start = rewritten.indexOf(QUOTE, members.spanOf(name).start);
        change({ start, end: members.start(name), text: Buffer.from(`${JSON.stringify(own)}:`) });
      }
    }
    return rewritten;
  }
}

/** A member that is there twice could be read two ways. */
function read(members: JsonMembers<string>, body: Buffer): Buffer {
  members.read(body);
  const { duplicate } = members;
  if (duplicate === undefined) return body;
  const message = `The parameter '${duplicate}' is given twice.`;
  throw new GatewayError('duplicate_parameter', { param: duplicate, message });
}
