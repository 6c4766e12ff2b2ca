import { GatewayError, JsonMembers, objectSpans, splice } from '#contract';
import type { Edit } from '#contract';
import { isGiven } from './decode-response.js';

/** What a provider wants otherwise in a request, by name. */
export interface MemberRules {
  /** OpenAI's names to the provider's own. Where a client gives both, the provider's own stands. */
  readonly rename?: Readonly<Record<string, string>>;
  /** Members that the provider refuses, and that say nothing about what the answer should be. */
  readonly drop?: readonly string[];
  /** The same, of each message. */
  readonly dropInMessages?: readonly string[];
}

const NOTHING = Buffer.alloc(0);
const QUOTE = 0x22;

/** A function that rewrites the members of a request and leaves every other byte as it came. @throws GatewayError */
export function compileRules({ rename, drop, dropInMessages }: MemberRules): (body: Buffer) => Buffer {
  const rewrite = compileMembers(Object.entries(rename ?? {}), drop ?? []);
  const messages = new JsonMembers(['messages']);
  const cuts = (dropInMessages ?? []).map((name) => compileCut(name));
  return (body) => {
    let rewritten = rewrite(body);
    for (const { needle, cutFrom } of cuts) {
      if (!rewritten.includes(needle) || !messages.read(rewritten)) continue;
      rewritten = splice(rewritten, cutFrom(rewritten, messages.start('messages'), messages.end('messages')));
    }
    return rewritten;
  };
}

function compileMembers(
  renames: readonly (readonly [string, string])[],
  drop: readonly string[],
): (body: Buffer) => Buffer {
  if (renames.length + drop.length === 0) return (body) => body;
  const members = new JsonMembers([...new Set([...drop, ...renames.flat()])]);
  return (body) => {
    let rewritten = read(members, body);
    const edit = (change: Edit): void => void (rewritten = read(members, splice(rewritten, [change])));
    const cut = (name: string): void => edit({ ...members.spanOf(name), text: NOTHING });
    for (const name of drop) if (members.start(name) >= 0) cut(name);
    for (const [name, own] of renames) {
      if (members.start(name) < 0) continue;
      if (isGiven(rewritten, members.start(own))) cut(name);
      else {
        if (members.start(own) >= 0) cut(own);
        const start = rewritten.indexOf(QUOTE, members.spanOf(name).start);
        edit({ start, end: members.start(name), text: Buffer.from(`${JSON.stringify(own)}:`) });
      }
    }
    return rewritten;
  };
}

/** A member that is there twice could be read two ways. */
function read(members: JsonMembers<string>, body: Buffer): Buffer {
  members.read(body);
  const { duplicate } = members;
  if (duplicate === undefined) return body;
  const message = `The parameter '${duplicate}' is given twice.`;
  throw new GatewayError('duplicate_parameter', { param: duplicate, message });
}

function compileCut(name: string) {
  const members = new JsonMembers([name]);
  const cutFrom = (body: Buffer, start: number, end: number): Edit[] =>
    objectSpans(body, start, end).flatMap((message) => {
      members.read(body, message.start, message.end);
      return members.start(name) < 0 ? [] : [{ ...members.spanOf(name), text: NOTHING }];
    });
  return { needle: JSON.stringify(name), cutFrom };
}
