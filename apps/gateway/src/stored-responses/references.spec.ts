import { describe, expect, it } from 'vitest';
import { referredResponses, resolveReferences } from './references.js';

const ITEM = { id: 'msg_ab12_0', type: 'message', role: 'assistant', content: [] };
const REFERENCE = { type: 'item_reference', id: 'msg_ab12_0' };

describe('items that refer to others', () => {
  it('name each response once, and those of the gateway alone', () => {
    const call = { type: 'item_reference', id: 'fc_ab12_1' };
    const bare = { id: 'rs_cd34_0' };
    const theirs = { type: 'item_reference', id: 'msg_68a1f2c0b4' };
    const message = { id: 'msg_ef56_0', role: 'user', content: 'x' };
    expect(referredResponses([REFERENCE, call, bare, theirs, message, 'x'])).toEqual([
      'resp_ab12',
      'resp_cd34',
    ]);
  });

  it('are what they refer to, as far as it is there', () => {
    const question = { role: 'user', content: 'x' };
    const lost = { type: 'item_reference', id: 'msg_ab12_7' };
    const kept = [JSON.stringify({ output: [ITEM] }), JSON.stringify({ output: null })];
    expect(resolveReferences([question, REFERENCE, lost], kept)).toEqual([question, ITEM, lost]);
  });
});
