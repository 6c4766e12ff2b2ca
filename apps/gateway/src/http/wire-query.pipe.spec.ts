import { IsInt, IsOptional, IsString, Max } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { wireQuery } from './wire-query.pipe.js';

class Query {
  @IsOptional() @IsInt() @Max(100) limit?: number;
  @IsOptional() @IsString() after?: string;
}

const read = (query: object): unknown => wireQuery(Query, ['limit']).transform(query, { type: 'query' });

describe('a query', () => {
  it.each([
    [{}, {}],
    [{ limit: '7' }, { limit: 7 }],
    [{ after: '7' }, { after: '7' }],
    [{ unknown: ['a', 'b'] }, { unknown: ['a', 'b'] }],
  ])('%j', (query, value) => expect(read(query)).toEqual(value));

  it.each([
    [{ limit: '' }, 'limit', 'invalid_type'],
    [{ limit: '1e1' }, 'limit', 'invalid_type'],
    [{ limit: ['1', '2'] }, 'limit', 'invalid_type'],
    [{ limit: '101' }, 'limit', 'invalid_value'],
    [{ after: ['a', 'b'] }, 'after', 'invalid_type'],
  ])('%j is refused', (query, param, code) =>
    expect(() => read(query)).toThrow(expect.objectContaining({ param, code })),
  );
});
