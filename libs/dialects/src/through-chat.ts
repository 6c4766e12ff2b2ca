import { GatewayError, JsonMembers, SseParser } from '#contract';
import type {
  ChatRequest,
  JsonRequest,
  Operation,
  RelayedRequest,
  SseEvent,
  Usage,
  WireRequest,
} from '#contract';
import type { Codec, DecodeContext, StreamDecoder } from '#providers';
import type { ChatChunk, Dialect, DialectName, DialectStream } from './spec.js';

const members = new JsonMembers(['model', 'stream_options']);
const NOTHING: Buffer[] = [];

/** A dialect's codec for a provider that has a chat and no such operation of its own. */
export function throughChat<N extends DialectName>(dialect: Dialect<N>, chat: Codec<'chat'>): Codec<N> {
  const { hasExtensions = false, hasSignatures = false } = chat;
  const words = { hasExtensions, hasSignatures };
  // A request is encoded for every target that is asked, and its answer is decoded by what was said.
  const chats = new WeakMap<RelayedRequest, JsonRequest<ChatRequest>>();
  const chatOf = (request: WireRequest<Operation[N]['Request']>): JsonRequest<ChatRequest> => {
    if (request.upload) throw new GatewayError('unsupported_media_type');
    let asked = chats.get(request.value);
    if (!asked) chats.set(request.value, (asked = printChat(dialect.toChat(request, words))));
    return asked;
  };
  const inner = (context: DecodeContext): DecodeContext => {
    const asked = chats.get(context.request);
    if (!asked) throw new GatewayError('server_error');
    return { ...context, request: asked.value };
  };
  return {
    fidelity: 'values',
    wholeBytes: Infinity,
    ...(chat.framing && { framing: chat.framing }),
    encode: (request, target) => chat.encode(chatOf(request), target),
    dropped: (request, target) => [
      ...dialect.dropped(request.value, words),
      ...(chat.dropped?.(chatOf(request), target) ?? []),
    ],
    decode: (body, context) => {
      const decoded = chat.decode(body, inner(context));
      return { body: told(() => dialect.fromChat(decoded.body, context)), usage: decoded.usage };
    },
    openStream: (context) => new DialectDecoder(chat.openStream(inner(context)), dialect.openStream(context)),
    decodeError: chat.decodeError,
  };
}

/** What a provider said, in the dialect. A chat whose bytes are passed on is only scanned: here it must be one. */
function told<T>(tell: () => T): T {
  try {
    return tell();
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof GatewayError)) throw error;
    const message = 'The provider answered with something that is not a chat.';
    throw new GatewayError('upstream_unavailable', { message, cause: error });
  }
}

/** The chat as it would have come in: a stream with its usage, which every dialect tells. */
function printChat(chat: ChatRequest): JsonRequest<ChatRequest> {
  const value = chat.stream === true ? { ...chat, stream_options: { include_usage: true } } : chat;
  const bytes = Buffer.from(JSON.stringify(value));
  members.read(bytes);
  const spanOf = (name: 'model' | 'stream_options') => {
    const start = members.start(name);
    return start < 0 ? undefined : { start, end: members.end(name) };
  };
  const spans = { model: spanOf('model'), streamOptions: spanOf('stream_options'), close: members.close };
  return { bytes, value, spans };
}

/** Decodes an upstream's events as a chat, and the chat's chunks as the dialect's events. */
class DialectDecoder implements StreamDecoder {
  ending = '';
  private readonly parser = new SseParser();

  constructor(
    private readonly chat: StreamDecoder,
    private readonly stream: DialectStream,
  ) {}

  get usage(): Usage | undefined {
    return this.chat.usage;
  }

  get hasContent(): boolean {
    return this.chat.hasContent;
  }

  get isComplete(): boolean {
    return this.chat.isComplete;
  }

  push(event: SseEvent): Buffer[] {
    return this.say(this.chat.push(event));
  }

  end(): Buffer[] {
    const last = this.say(this.chat.end());
    const text = this.stream.end();
    this.ending = this.stream.ending;
    return text === '' ? last : [...last, Buffer.from(text)];
  }

  fail(error: GatewayError): string {
    return this.stream.fail(error);
  }

  private say(chunks: readonly Buffer[]): Buffer[] {
    let text = '';
    for (const chunk of chunks) {
      // What a chat's decoder gives is whole events.
      for (const { data } of this.parser.push(chunk))
        text += told(() => this.stream.push(JSON.parse(data.toString()) as ChatChunk));
    }
    return text === '' ? NOTHING : [Buffer.from(text)];
  }
}
