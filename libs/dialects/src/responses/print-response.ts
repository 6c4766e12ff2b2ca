import { isObject } from '#contract';
import type { Members } from '#contract';
import { thoughtIn } from '../read-completion.js';
import type { AnswerContext } from '../spec.js';
import { printEnvelope } from './print-envelope.js';
import { printCall, printMessage, printReasoning, refusalPart, textPart } from './print-item.js';
import type { ItemStatus } from './print-item.js';
import {
  callOf,
  callsIn,
  incompleteReasonOf,
  logprobsIn,
  signatureIn,
  signedIn,
  textOf,
} from './read-answer.js';
import { idOf } from './wire.js';
import type { Said } from './wire.js';

/** An item that does not know yet where it stands, and whether it is whole. */
type Draft = (requestId: string, place: number, status: ItemStatus) => Said;

/** A chat completion as OpenAI's response. */
export function printResponse(completion: Buffer, context: AnswerContext): Buffer {
  const { choices, usage, service_tier: tier } = JSON.parse(completion.toString()) as Members;
  const [choice = {}] = Array.isArray(choices) ? (choices as readonly Members[]) : [];
  const message = isObject(choice.message) ? choice.message : {};
  const reason = incompleteReasonOf(choice.finish_reason);
  const drafts = [
    ...thoughtsIn(message),
    ...messageIn(message, logprobsIn(choice.logprobs)),
    ...signatureOf(signatureIn(message)),
    ...callsIn(message).flatMap((call) => [
      ...signatureOf(signatureIn(call, textOf(call.id))),
      draftCall(call),
    ]),
  ];
  const output = drafts.map((draft, place) => {
    const isCut = reason !== undefined && place === drafts.length - 1;
    return draft(context.requestId, place, isCut ? 'incomplete' : 'completed');
  });
  return Buffer.from(JSON.stringify(printEnvelope(context, { output, isDone: true, reason, usage, tier })));
}

function thoughtsIn(message: Members): Draft[] {
  const signed = signedIn(message);
  if (signed.length > 0) {
    return signed.map(
      (block) => (id, place) => printReasoning(idOf('rs', id, place), textOf(block.thinking), block),
    );
  }
  const thinking = thoughtIn(message);
  return thinking === '' ? [] : [(id, place) => printReasoning(idOf('rs', id, place), thinking)];
}

function messageIn(message: Members, logprobs: readonly Said[]): Draft[] {
  const [text, refusal] = [textOf(message.content), textOf(message.refusal)];
  const parts = [
    ...(text === '' ? [] : [textPart(text, logprobs)]),
    ...(refusal === '' ? [] : [refusalPart(refusal)]),
  ];
  return parts.length === 0
    ? []
    : [(id, place, status) => printMessage(idOf('msg', id, place), parts, status)];
}

/** It stands before the call that it is of, and behind what was said. */
function signatureOf(signature: Said | undefined): Draft[] {
  return signature ? [(id, place) => printReasoning(idOf('rs', id, place), '', signature)] : [];
}

function draftCall(call: Said): Draft {
  return (id, place, status) => {
    const own = idOf('fc', id, place);
    return printCall(own, callOf(call, own), status);
  };
}
