import { expect } from 'vitest';
import type { Answer } from './gateway.js';

/** What an error must say; members that are left out may be anything. */
export interface ExpectedError {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param?: string | null;
  readonly message?: RegExp;
}

/** An error in OpenAI's shape, with exactly its four members, and the request's id in the headers. */
export function expectError(
  answer: Pick<Answer, 'status' | 'text' | 'headers'>,
  expected: ExpectedError,
): void {
  expect({ status: answer.status, body: answer.text }).toMatchObject({ status: expected.status });
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/);
  const body = JSON.parse(answer.text);
  expect(Object.keys(body)).toEqual(['error']);
  expect(Object.keys(body.error).toSorted()).toEqual(['code', 'message', 'param', 'type']);
  expect(body.error).toMatchObject({ type: expected.type, code: expected.code });
  expect(body.error.message).toMatch(expected.message ?? /\S/);
  if (expected.param !== undefined) expect(body.error.param).toBe(expected.param);
}

/** A 400 about the request. */
export function badRequest(code: string, param: string | null = null): ExpectedError {
  return { status: 400, type: 'invalid_request_error', code, param };
}
