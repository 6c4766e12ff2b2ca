import { describe, expect, it } from 'vitest';
import { decodeChange, encodeChange } from './change.js';
import { decodeTargetNews, encodeTargetNews } from './target-news.js';
import type { TargetNews } from './target-news.js';

const NEWS: TargetNews = {
  from: 'a',
  providerId: 'prov_1',
  model: 'gpt "4"\n☃',
  state: 'ejected',
  remainingMs: 5_000,
  reason: 'failures',
};

describe('news of a target', () => {
  it.each<[string, TargetNews]>([
    ['ejected', NEWS],
    ['cooling', { ...NEWS, state: 'cooling', reason: 'rate-limit' }],
    ['healthy', { ...NEWS, state: 'healthy', remainingMs: 0, reason: undefined }],
  ])('%s comes as it went', (_, news) => {
    const change = decodeChange(encodeChange(encodeTargetNews(news)));
    expect(change && decodeTargetNews(change)).toEqual(news);
  });

  it.each<[string, string, string]>([
    ['of another kind', 'model', '["a","p","m","healthy",0]'],
    ['no JSON', 'target', 'x'],
    ['no list', 'target', '{}'],
    ['no state', 'target', '["a","p","m","dead",0]'],
    ['no time', 'target', '["a","p","m","ejected","soon"]'],
    ['a time before now', 'target', '["a","p","m","ejected",-1]'],
    ['for ever', 'target', '["a","p","m","ejected",1e12]'],
    ['a number for a name', 'target', '["a",1,"m","ejected",1]'],
  ])('%s is none', (_, kind, id) => {
    expect(decodeTargetNews({ kind, id })).toBeUndefined();
  });
});
