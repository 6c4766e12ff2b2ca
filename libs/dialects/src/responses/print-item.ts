import { sealThought } from '#contract';
import type { Said } from './wire.js';

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** A call of a function, its arguments as the text that the model wrote. */
export interface Call {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** @param signed what the provider wants back as it is */
export function printReasoning(id: string, thinking: string, signed?: Said): Said {
  return {
    id,
    type: 'reasoning',
    summary: thinking === '' ? [] : [summaryPart(thinking)],
    ...(signed && { encrypted_content: sealThought(signed) }),
  };
}

export function printMessage(id: string, content: readonly Said[], status: ItemStatus): Said {
  return { id, type: 'message', status, role: 'assistant', content };
}

export function printCall(id: string, call: Call, status: ItemStatus): Said {
  return {
    id,
    type: 'function_call',
    status,
    call_id: call.id,
    name: call.name,
    arguments: call.arguments,
  };
}

export function summaryPart(text: string): Said {
  return { type: 'summary_text', text };
}

export function textPart(text: string, logprobs: readonly Said[]): Said {
  return { type: 'output_text', annotations: [], logprobs, text };
}

export function refusalPart(refusal: string): Said {
  return { type: 'refusal', refusal };
}
