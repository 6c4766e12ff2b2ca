import { JsonMembers, objectSpans } from '#contract';

const answers = new JsonMembers(['candidates']);
const candidates = new JsonMembers(['content']);
const contents = new JsonMembers(['parts']);
const parts = new JsonMembers(['functionCall']);
const calls = new JsonMembers(['args']);

/**
 * The arguments of calls as they stand in the text, by candidate and part: parsing loses the digits that JavaScript's
 * numbers cannot hold. Undefined: the part calls nothing, or without arguments.
 */
export function argumentsIn(answer: Buffer): (string | undefined)[][] {
  answers.read(answer);
  const list = objectSpans(answer, answers.start('candidates'), answers.end('candidates'));
  return list.map(({ start, end }) => {
    candidates.read(answer, start, end);
    const content = candidates.start('content');
    if (content < 0) return [];
    contents.read(answer, content, candidates.end('content'));
    const spans = objectSpans(answer, contents.start('parts'), contents.end('parts'));
    return spans.map((part) => argumentsOf(answer, part.start, part.end));
  });
}

function argumentsOf(answer: Buffer, start: number, end: number): string | undefined {
  parts.read(answer, start, end);
  const call = parts.start('functionCall');
  if (call < 0) return undefined;
  calls.read(answer, call, parts.end('functionCall'));
  const from = calls.start('args');
  return from < 0 ? undefined : compact(answer.toString('utf8', from, calls.end('args')));
}

/** Google indents its answers: white space outside of texts says nothing. */
function compact(json: string): string {
  return json.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, '$1');
}
