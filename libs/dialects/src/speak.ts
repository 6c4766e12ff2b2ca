import type { OperationName } from '#contract';
import type { Codec, ProviderAdapter } from '#providers';
import { messages } from './messages/dialect.js';
import { responses } from './responses/dialect.js';
import type { Dialect, DialectName } from './spec.js';
import { throughChat } from './through-chat.js';

/** How a provider is asked for an operation. */
export interface Speech {
  readonly codec: Codec;
  /** The operation that it is for the provider. */
  readonly asked: OperationName;
}

/** The operations that any chat can answer. */
export const DIALECTS: readonly OperationName[] = ['messages', 'responses'];

const BY_NAME: { readonly [N in OperationName]?: Dialect } = { messages, responses } as Readonly<
  Record<DialectName, Dialect>
>;

/** Can a provider be asked for it? */
export function canSpeak(operation: OperationName, { operations }: ProviderAdapter): boolean {
  return (
    operations[operation] !== undefined || (BY_NAME[operation] !== undefined && operations.chat !== undefined)
  );
}

/** In the client's own words where the provider knows them, else as a chat; undefined where it has neither. */
export function speak(operation: OperationName, { operations }: ProviderAdapter): Speech | undefined {
  const own = operations[operation];
  if (own) return { codec: own as Codec, asked: operation };
  const { chat } = operations;
  const dialect = BY_NAME[operation];
  return dialect && chat && { codec: throughChat(dialect, chat) as Codec, asked: 'chat' };
}
