import { describe, expect, it } from 'vitest';
import { traitsOf } from './gemini-traits.js';

describe('what a Gemini model takes', () => {
  it.each([
    ['gemini-1.5-pro-002', 'none', true, true, true],
    ['gemini-2.0-flash-001', 'none', true, true, true],
    ['models/gemini-2.5-flash', 'budget', true, false, true],
    ['gemini-2.5-flash-image', 'none', true, false, true],
    ['gemini-2.5-flash-lite-preview-09-2025', 'budget', true, false, true],
    ['gemini-3-pro-preview', 'level', true, false, false],
    ['gemini-3.5-flash', 'level', true, false, false],
    ['gemini-3.5-flash-lite', 'level', false, false, false],
    ['gemini-3.8-flash', 'level', false, false, false],
    ['gemini-4-hydrogen', 'level', false, false, false],
    ['gemini-flash-latest', 'level', false, false, false],
    ['gemma-3-27b-it', 'none', true, true, true],
    ['our-writer', 'none', true, true, true],
    ['', 'none', true, true, true],
  ])(
    '%s: thinks by %s, samples %s, penalizes %s, several at once %s',
    (model, thinking, samples, penalizes, givesSeveral) => {
      expect(traitsOf(model)).toMatchObject({ thinking, samples, penalizes, givesSeveral });
    },
  );

  it.each([
    ['gemini-2.5-pro', 128, 32_768],
    ['gemini-2.5-flash', 0, 24_576],
    ['gemini-2.5-flash-lite', 0, 24_576],
  ])('%s thinks for %d to %d tokens', (model, leastBudget, mostBudget) => {
    expect(traitsOf(model)).toMatchObject({ leastBudget, mostBudget });
  });

  it.each([
    ['gemini-3-pro-preview', 'LOW HIGH'],
    ['gemini-3-flash-preview', 'MINIMAL LOW MEDIUM HIGH'],
    ['gemini-3.1-pro-preview', 'LOW MEDIUM HIGH'],
    ['gemini-3.1-flash-lite', 'MINIMAL LOW MEDIUM HIGH'],
    ['gemini-3.6-flash', 'MINIMAL LOW MEDIUM HIGH'],
    ['gemini-3.7-flash', 'LOW MEDIUM HIGH'],
    ['gemini-pro-latest', 'LOW MEDIUM HIGH'],
    ['gemini-4-hydrogen', 'LOW MEDIUM HIGH XHIGH'],
    ['gemini-5.5-neon', 'LOW MEDIUM HIGH XHIGH'],
  ])('%s has the levels %s', (model, levels) => expect(traitsOf(model).levels.join(' ')).toBe(levels));

  it.each([
    ['gemini-2.0-flash', false, false, false],
    ['gemini-2.5-pro', true, false, false],
    ['gemini-3-pro-preview', true, true, true],
  ])('%s: fetches %s, forms beside tools %s, knows calls by ids %s', (model, fetches, forms, hasCallIds) => {
    const wants = { formsBesideTools: forms, wantsSignatures: hasCallIds };
    expect(traitsOf(model)).toMatchObject({ fetches, hasCallIds, ...wants });
  });
});
