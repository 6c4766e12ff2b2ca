import {
  ArrayNotEmpty,
  IsArray,
  IsDefined,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Max,
} from 'class-validator';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '#contract';
import type { ChatRequest, JsonRequest } from '#contract';
import { wireBody } from './wire-body.pipe.js';

/** The members of a chat, as far as these tests go. */
class Body {
  @IsDefined() @IsString() model!: string;
  @IsDefined() @IsArray() @ArrayNotEmpty() messages!: [];
  @IsOptional() @IsObject() stream_options?: object | null;
  @IsOptional() @IsNumber() @Max(2) temperature?: number | null;
}

const pipe = wireBody<ChatRequest>(Body);

function read(text: string | Buffer): JsonRequest<ChatRequest> {
  return pipe.transform(Buffer.from(text as string), { type: 'body' }) as JsonRequest<ChatRequest>;
}

function refusal(text: string | Buffer): Pick<GatewayError, 'code' | 'param' | 'status'> {
  try {
    read(text);
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code, param: error.param, status: error.status };
    throw error;
  }
  throw new Error('It was taken.');
}

const slice = ({ bytes }: JsonRequest, span: { start: number; end: number } | undefined) =>
  span && bytes.subarray(span.start, span.end).toString();

describe('wireBody', () => {
  it('keeps the bytes, and says where the members stand that are rewritten', () => {
    const text =
      ' {"seed": 9007199254740993, "model" : "é-gpt" , "stream_options":{"include_usage":true},"messages":[{}] } ';
    const request = read(text);
    expect(request.bytes.toString()).toBe(text);
    expect(request.value.model).toBe('é-gpt');
    expect(slice(request, request.spans.model)).toBe('"é-gpt"');
    expect(slice(request, request.spans.streamOptions)).toBe('{"include_usage":true}');
    expect(request.bytes[request.spans.close]).toBe('}'.charCodeAt(0));
  });

  it('has no span for what is not there', () => {
    expect(read('{"model":"m","messages":[{}]}').spans.streamOptions).toBeUndefined();
  });

  it.each([
    ['', 'invalid_json', null],
    ['{', 'invalid_json', null],
    ['[]', 'invalid_type', null],
    ['{"messages":[{}]}', 'missing_required_parameter', 'model'],
    ['{"model":7,"messages":[{}]}', 'invalid_type', 'model'],
    ['{"model":"m"}', 'missing_required_parameter', 'messages'],
    ['{"model":"m","messages":[]}', 'invalid_value', 'messages'],
    ['{"model":"m","messages":[{}],"temperature":3}', 'invalid_value', 'temperature'],
    ['{"model":"m","messages":[{}],"model":"n"}', 'duplicate_parameter', 'model'],
    ['{"model":"m","messages":[{}],"mod\\u0065l":"n"}', 'duplicate_parameter', 'model'],
    [`{"model":"m","messages":${'['.repeat(70)}${']'.repeat(70)}}`, 'json_too_deep', null],
  ])('refuses %s', (text, code, param) => {
    expect(refusal(text)).toEqual({ code, param, status: 400 });
  });

  it('refuses what is not UTF-8', () => {
    expect(refusal(Buffer.from([0x7b, 0xff, 0x7d])).code).toBe('invalid_json');
  });

  it('leaves alone what it does not know, twice or not', () => {
    expect(read('{"x":1,"x":2,"model":"m","messages":[{"y":1,"y":2}]}').value.model).toBe('m');
  });
});
