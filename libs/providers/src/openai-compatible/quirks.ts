import { splice } from '#contract';
import type { SseEvent, Usage } from '#contract';
import type { Codec, Decoded, StreamDecoder } from '../spec.js';
import { compileRules } from './rewrite-members.js';
import type { MemberRules } from './rewrite-members.js';

/** Brings the JSON of an answer, or of one chunk after another, into OpenAI's shape. @throws GatewayError */
export type Mend = (json: Buffer) => Buffer;

/** Where a provider's wire is not OpenAI's, in one operation. */
export interface Quirks extends MemberRules {
  /** Its words for why an answer ended, to OpenAI's. */
  readonly finishReasons?: Readonly<Record<string, string>>;
  /** What else is to be mended. Made for each answer: it may remember the chunks before. */
  readonly openMend?: () => Mend;
  /** What it counts otherwise; `Usage` means what OpenAI means. */
  readonly countUsage?: (usage: Usage) => Usage;
}

const AS_IT_COMES: Mend = (json) => json;

/** The codec of a provider that has quirks. One that has none keeps its own, and pays nothing. */
export function withQuirks<N extends 'chat' | 'completions' | 'embeddings'>(
  codec: Codec<N>,
  quirks: Quirks,
): Codec<N> {
  const rewrite = compileRules(quirks);
  const mendWords = compileWords(quirks.finishReasons ?? {});
  const openMend = (): Mend => {
    const mend = quirks.openMend?.();
    return mend ? (json) => mend(mendWords(json)) : mendWords;
  };
  const count = quirks.countUsage ?? ((usage) => usage);
  return {
    ...codec,
    encode(request, target) {
      const body = codec.encode(request, target);
      return Buffer.isBuffer(body) ? rewrite(body) : body;
    },
    decode(body, context): Decoded {
      const decoded = codec.decode(openMend()(body), context);
      return { ...decoded, usage: decoded.usage && count(decoded.usage) };
    },
    openStream: (context) => new MendedStream(codec.openStream(context), openMend(), count),
  };
}

/** Mends each chunk before it is decoded. */
class MendedStream implements StreamDecoder {
  constructor(
    private readonly decoder: StreamDecoder,
    private readonly mend: Mend,
    private readonly count: (usage: Usage) => Usage,
  ) {}

  get usage(): Usage | undefined {
    return this.decoder.usage && this.count(this.decoder.usage);
  }

  get hasContent(): boolean {
    return this.decoder.hasContent;
  }

  get isComplete(): boolean {
    return this.decoder.isComplete;
  }

  get ending(): string {
    return this.decoder.ending;
  }

  push(event: SseEvent): Buffer[] {
    return this.decoder.push({ ...event, data: this.mend(event.data) });
  }

  end(): Buffer[] {
    return this.decoder.end();
  }
}

/** In a string the quotes around the name would be escaped: what is found is a member. */
function compileWords(words: Readonly<Record<string, string>>): Mend {
  const names = Object.keys(words);
  if (names.length === 0) return AS_IT_COMES;
  const pattern = new RegExp(`"finish_reason"\\s*:\\s*"(${names.join('|')})"`, 'g');
  return (json) => {
    if (!names.some((name) => json.includes(`"${name}"`))) return json;
    const edits = [...json.toString('latin1').matchAll(pattern)].map(({ 0: text, 1: word = '', index }) => {
      const end = index + text.length - 1;
      return { start: end - word.length, end, text: Buffer.from(words[word] ?? word) };
    });
    return splice(json, edits);
  };
}
