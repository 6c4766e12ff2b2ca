import { splice } from '#contract';
import type { SseEvent, Usage, WireRequest } from '#contract';
import type { Codec, Decoded, StreamDecoder } from '../spec.js';
import { jsonIn } from '../upstream-body.js';
import { isAsked, refuseParameters } from './answer-parameters.js';
import type { Refusal } from './answer-parameters.js';
import type { ChatParameters } from './chat-parameters.js';
import { compileMembers } from './rewrite-members.js';
import type { MemberRules } from './rewrite-members.js';
import { compileMessages } from './rewrite-messages.js';
import type { MessageRules } from './rewrite-messages.js';

/** Brings the JSON of an answer, or of one chunk after another, into OpenAI's shape. @throws GatewayError */
export type Mend = (json: Buffer) => Buffer;

/** Where a provider's wire is not OpenAI's, in one operation. */
export interface Quirks extends MemberRules, MessageRules {
  /** What would make another answer, and it has nothing for. */
  readonly refuse?: readonly Refusal[];
  /** Its words for why an answer ended, to OpenAI's. */
  readonly finishReasons?: Readonly<Record<string, string>>;
  /** What else is to be mended. Made for each answer: it may remember the chunks before. */
  readonly openMend?: () => Mend;
  /** What it counts otherwise; `Usage` means what OpenAI means. */
  readonly countUsage?: (usage: Usage) => Usage;
}

const AS_IT_COMES: Mend = (json) => json;

type Quirky = 'chat' | 'completions' | 'embeddings';

/** The codec of a provider that has quirks. One that has none keeps its own, and pays nothing. */
export function withQuirks<N extends Quirky>(codec: Codec<N>, quirks: Quirks): Codec<N> {
  return { ...codec, ...askedWith(codec, quirks), ...answeredWith(codec, quirks) };
}

function askedWith<N extends Quirky>(codec: Codec<N>, quirks: Quirks): Partial<Codec<N>> {
  const { refuse = [], drop = [] } = quirks;
  const rewriteMembers = compileMembers(quirks);
  const rewriteMessages = compileMessages(quirks);
  // What the answer's usage looks like is the gateway's own affair, and no hint.
  const hints = drop.filter((name) => name !== 'stream_options');
  return {
    encode(request, target) {
      const value = request.value as ChatParameters;
      refuseParameters(value, refuse);
      const body = codec.encode(request, target);
      const json = jsonIn(body);
      return json ? rewriteMessages(rewriteMembers(json, value), value) : body;
    },
    ...(hints.length > 0 && {
      dropped: ({ value }: WireRequest) =>
        hints.filter((name) => isAsked(name, (value as ChatParameters)[name])),
    }),
  };
}

/** Undefined members leave an answer, and how fast it is read, as they are. */
function answeredWith<N extends Quirky>(codec: Codec<N>, quirks: Quirks): Partial<Codec<N>> {
  const { finishReasons, openMend: openOwn, countUsage } = quirks;
  if (!finishReasons && !openOwn && !countUsage) return {};
  const mendWords = compileWords(finishReasons ?? {});
  const openMend = (): Mend => {
    const mend = openOwn?.();
    return mend ? (json) => mend(mendWords(json)) : mendWords;
  };
  const count = countUsage ?? ((usage) => usage);
  return {
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
