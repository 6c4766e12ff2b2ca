import { describe, expect, it } from 'vitest';
import { PRICE_MEMBERS, readDollars } from './price-text.js';
import type { PriceMember } from './price-text.js';
import { CATALOGUE, PriceBook, catalogueEntries } from './price-book.js';

const input = (type: string, model: string, book = new PriceBook([])): number | undefined =>
  book.find(type, model)?.input;

describe('the catalogue', () => {
  it('says of when it is, and from where', () => {
    expect(CATALOGUE.as_of).toMatch(/^20\d\d-\d\d-\d\d$/);
    for (const [type, day] of Object.entries(CATALOGUE.later)) {
      expect([type, Object.keys(CATALOGUE.prices).includes(type), day > CATALOGUE.as_of]).toEqual([
        type,
        true,
        true,
      ]);
    }
    expect(CATALOGUE.source).not.toBe('');
  });

  it('has prices that can be read, for every entry', () => {
    for (const { type, model, price } of catalogueEntries()) {
      const members = Object.entries(price);
      expect(members.length, `${type}/${model}`).toBeGreaterThan(0);
      for (const [name, text] of members) {
        expect(Object.keys(PRICE_MEMBERS), `${type}/${model}`).toContain(name);
        expect(readDollars(name as PriceMember, text), `${type}/${model} ${name}`).toBeDefined();
      }
      if (price.cached_input_per_mtok !== undefined)
        expect(Number(price.cached_input_per_mtok)).toBeLessThan(Number(price.input_per_mtok));
    }
  });

  it.each([
    ['openai', 'gpt-4o', 2_500_000_000],
    ['openai', 'gpt-4o-2024-11-20', 2_500_000_000],
    ['openai', 'gpt-4o-2024-05-13', 5_000_000_000],
    ['openai', 'gpt-4o-mini-2024-07-18', 150_000_000],
    ['openai', 'gpt-4-0613', 30_000_000_000],
    ['azure-openai', 'gpt-4o', 2_500_000_000],
    ['anthropic', 'claude-sonnet-4-20250514', 3_000_000_000],
    ['anthropic', 'claude-opus-4-5-20251101', 5_000_000_000],
    ['anthropic', 'claude-opus-5-5', 4_000_000_000],
    ['mistral', 'mistral-large-latest', 2_000_000_000],
    ['mistral', 'mistral-large-2411', 2_000_000_000],
    ['cohere', 'command-a-03-2025', 2_500_000_000],
    ['gemini', 'gemini-2.0-flash-001', 100_000_000],
    ['vertex', 'gemini-2.0-flash-001', 100_000_000],
    ['vertex', 'claude-sonnet-4-5@20250929', 3_000_000_000],
    ['vertex', 'publishers/anthropic/models/claude-opus-5-5', 4_000_000_000],
    ['vertex', 'gemini-2.5-flash-image', 300_000_000],
  ])('knows %s %s', (type, model, nanos) => {
    expect(input(type, model)).toBe(nanos);
  });

  it.each([
    ['openai', 'gpt-4o-realtime-preview'],
    ['openai', 'gpt-4o-search-preview-2025-03-11'],
    ['openai', 'gpt-9'],
    ['anthropic', 'claude-haiku-5-5'],
    ['openai', ''],
    ['mistral', 'gpt-4o'],
    ['sandbox', 'sandbox'],
    ['vertex', 'gpt-4o'],
    ['constructor', 'prototype'],
    ['__proto__', 'x'],
  ])('does not guess: %s %s', (type, model) => {
    expect(new PriceBook([]).find(type, model)).toBeUndefined();
  });
});

describe('an operator’s price', () => {
  const book = new PriceBook([
    { type: 'openai', model: 'gpt-4o', price: { input_per_mtok: '1' } },
    { type: 'sandbox', model: 'sandbox', price: { input_per_mtok: '7' } },
    { type: 'azure-openai', model: 'gpt-4o', price: { input_per_mtok: '2' } },
  ]);

  it('stands before the catalogue’s, for versions too', () => {
    expect(input('openai', 'gpt-4o', book)).toBe(1_000_000_000);
    expect(input('openai', 'gpt-4o-2024-11-20', book)).toBe(1_000_000_000);
    expect(input('azure-openai', 'gpt-4o', book)).toBe(2_000_000_000);
    expect(input('openai', 'gpt-4.1', book)).toBe(2_000_000_000);
  });

  it('is of what the catalogue does not know, too', () => {
    expect(input('sandbox', 'sandbox', book)).toBe(7_000_000_000);
    expect(input('sandbox', 'another', book)).toBeUndefined();
  });
});
