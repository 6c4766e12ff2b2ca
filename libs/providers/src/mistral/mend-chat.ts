import { JsonMembers, objectSpans, splice } from '#contract';
import type { Edit } from '#contract';
import type { Mend } from '../openai-compatible/quirks.js';

interface Part {
  readonly type?: string;
  readonly text?: string;
  readonly thinking?: readonly Part[] | string;
}

const answers = new JsonMembers(['choices']);
const choices = new JsonMembers(['index', 'delta', 'message']);
const messages = new JsonMembers(['content', 'tool_calls']);
const calls = new JsonMembers(['index', 'type', 'id']);
const OPEN_BRACKET = 0x5b;

/** Either is rare: what holds none of them passes as it came. */
const SUSPECT = /"(?:content|tool_calls)"\s*:\s*\[/;

/** Thoughts that come as parts of the content, and tool calls without index or type. */
export function mendChat(): Mend {
  const indexes = new Map<string, number>();
  return (json) => {
    if (!SUSPECT.test(json.toString('latin1')) || !answers.read(json)) return json;
    const edits: Edit[] = [];
    for (const choice of objectSpans(json, answers.start('choices'), answers.end('choices'))) {
      choices.read(json, choice.start, choice.end);
      const name = choices.start('delta') < 0 ? 'message' : 'delta';
      const [start, end] = [choices.start(name), choices.end(name)];
      if (start < 0 || !messages.read(json, start, end)) continue;
      const key = json.toString('latin1', choices.start('index'), choices.end('index'));
      edits.push(...contentEdits(json));
      edits.push(...callEdits(json, name === 'delta', indexes, key));
    }
    return splice(
      json,
      edits.sort((one, other) => one.start - other.start),
    );
  };
}

function contentEdits(json: Buffer): Edit[] {
  const [start, end] = [messages.start('content'), messages.end('content')];
  if (json[start] !== OPEN_BRACKET) return [];
  const text = contentOf(json.toString('utf8', start, end));
  return text === undefined ? [] : [{ start, end, text: Buffer.from(text) }];
}

/** The content as text, and behind it the thoughts as a member; parts of an unknown shape stay as they came. */
function contentOf(json: string): string | undefined {
  try {
    const parts = JSON.parse(json) as Part[];
    const text = parts.map((part) => part.text ?? '').join('');
    const thoughts = parts.map(({ thinking }) => textOf(thinking)).join('');
    const hasText = parts.some((part) => part.text !== undefined);
    const content = JSON.stringify(hasText || thoughts === '' ? text : null);
    return thoughts === '' ? content : `${content},"reasoning_content":${JSON.stringify(thoughts)}`;
  } catch {
    return undefined;
  }
}

function textOf(thinking: Part['thinking']): string {
  if (typeof thinking === 'string') return thinking;
  return (thinking ?? []).map((part) => part.text ?? '').join('');
}

/** A call begins with its id; pieces without one belong to the call before. */
function callEdits(json: Buffer, isStream: boolean, indexes: Map<string, number>, key: string): Edit[] {
  return objectSpans(json, messages.start('tool_calls'), messages.end('tool_calls')).flatMap((call) => {
    calls.read(json, call.start, call.end);
    const begins = calls.start('id') >= 0;
    const index = Math.max(0, (indexes.get(key) ?? -1) + (begins ? 1 : 0));
    indexes.set(key, index);
    const added =
      (isStream && calls.start('index') < 0 ? `"index":${index},` : '') +
      (begins && calls.start('type') < 0 ? '"type":"function",' : '');
    const start = call.start + 1;
    return added === '' ? [] : [{ start, end: start, text: Buffer.from(added) }];
  });
}
