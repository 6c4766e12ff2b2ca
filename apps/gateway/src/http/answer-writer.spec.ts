import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EVENT_STREAM, GatewayError } from '#contract';
import type { HeaderPairs } from '#contract';
import { AnswerWriter } from './answer-writer.js';

/** What a socket would have been given. */
class FakeResponse extends EventEmitter {
  head: { status: number; headers: HeaderPairs } | undefined;
  writes: string[] = [];
  isEnded = false;
  isDestroyed = false;
  writableNeedDrain = false;

  writeHead(status: number, headers: HeaderPairs): void {
    this.head = { status, headers };
  }

  write(bytes: Buffer | string): boolean {
    this.writes.push(bytes.toString());
    return !this.writableNeedDrain;
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  end(bytes?: Buffer): void {
    if (bytes) this.write(bytes);
    this.isEnded = true;
  }
}

let raw: FakeResponse;
let writer: AnswerWriter;

beforeEach(() => {
  vi.useFakeTimers();
  raw = new FakeResponse();
  writer = new AnswerWriter(
    raw as unknown as ServerResponse,
    ['x-request-id', 'req_1'],
    (error) => `data: ${JSON.stringify(error.toBody())}\n\n`,
  );
});
afterEach(() => vi.useRealTimers());

describe('AnswerWriter', () => {
  it('opens with a status, the stream’s headers and those of the call', () => {
    writer.open({ headers: ['x-pllm-model', 'gpt'], contentType: EVENT_STREAM }, true);
    expect(raw.head).toEqual({
      status: 200,
      headers: [
        'x-request-id',
        'req_1',
        'x-pllm-model',
        'gpt',
        'content-type',
        'text/event-stream; charset=utf-8',
        'cache-control',
        'no-cache',
        'x-accel-buffering',
        'no',
      ],
    });
    expect(writer.isOpen).toBe(true);
  });

  it('writes what came together in one go', () => {
    writer.open({ headers: [], contentType: EVENT_STREAM }, true);
    writer.write([Buffer.from('data: {"a":1}\n\n'), Buffer.from('data: {"a":2}\n\n')]);
    expect(raw.writes).toEqual(['data: {"a":1}\n\ndata: {"a":2}\n\n']);
  });

  it('ends with what it is told to', () => {
    writer.open({ headers: [], contentType: EVENT_STREAM }, true);
    writer.end([], 'data: [DONE]\n\n');
    expect(raw.writes).toEqual(['data: [DONE]\n\n']);
    expect(raw.isEnded).toBe(true);
  });

  it('ends with what was kept for it', () => {
    writer.open({ headers: [], contentType: EVENT_STREAM }, true);
    writer.end([Buffer.from('data: {"a":1}\n\n')], 'data: [DONE]\n\n');
    expect(raw.writes).toEqual(['data: {"a":1}\n\ndata: [DONE]\n\n']);
    expect(raw.isEnded).toBe(true);
  });

  it.each(['', 'end'])('copies no large piece, and ends with: "%s"', (text) => {
    writer.open({ headers: [], contentType: EVENT_STREAM }, true);
    const large = 'x'.repeat(10_000);
    writer.write(['a', 'b', large, 'c', large, large].map((piece) => Buffer.from(piece)));
    writer.end(
      [large, 'd', 'e'].map((piece) => Buffer.from(piece)),
      text,
    );
    expect(raw.writes).toEqual(['ab', large, 'c', large, large, large, `de${text}`]);
  });

  it('ends with nothing', () => {
    writer.open({ headers: [], contentType: 'audio/mpeg' }, false);
    writer.end([], '');
    expect(raw.writes).toEqual([]);
    expect(raw.isEnded).toBe(true);
  });

  it('fails with one error frame and no [DONE]', () => {
    writer.open({ headers: [], contentType: EVENT_STREAM }, true);
    writer.fail(new GatewayError('upstream_timeout'));
    expect(raw.writes).toEqual([
      'data: {"error":{"message":"The provider did not answer in time.","type":"service_unavailable_error","param":null,"code":"upstream_timeout"}}\n\n',
    ]);
    expect(raw.isEnded).toBe(true);
  });

  it('cuts a file that fails, and says nothing in it', () => {
    writer.open({ headers: [], contentType: 'audio/mpeg' }, false);
    writer.write([Buffer.from('ID3')]);
    vi.advanceTimersByTime(60_000);
    writer.fail(new GatewayError('upstream_timeout'));
    expect(raw.writes).toEqual(['ID3']);
    expect(raw.isEnded).toBe(false);
    expect(raw.isDestroyed).toBe(true);
  });

  it('says something every 15 s of silence, until the end', () => {
    writer.open({ headers: [], contentType: EVENT_STREAM }, true);
    vi.advanceTimersByTime(14_000);
    writer.write([Buffer.from('{}')]);
    vi.advanceTimersByTime(14_000);
    expect(raw.writes).toHaveLength(1);
    vi.advanceTimersByTime(16_000);
    expect(raw.writes.slice(1)).toEqual([': ping\n', ': ping\n']);
    writer.end([], 'data: [DONE]\n\n');
    vi.advanceTimersByTime(60_000);
    expect(raw.writes).toHaveLength(4);
  });

  it('has nothing to say to a reader that is behind', () => {
    writer.open({ headers: [], contentType: EVENT_STREAM }, true);
    raw.writableNeedDrain = true;
    vi.advanceTimersByTime(60_000);
    expect(raw.writes).toEqual([]);
    writer.close();
  });

  it('has a gate that is open until the socket is full, and again when it has drained', async () => {
    expect(writer.gate()).toBeUndefined();
    raw.writableNeedDrain = true;
    const wait = writer.gate();
    raw.writableNeedDrain = false;
    raw.emit('drain');
    await wait;
    expect(writer.gate()).toBeUndefined();
  });

  it.each(['release', 'close'] as const)('has a gate that nobody waits at after %s', async (end) => {
    raw.writableNeedDrain = true;
    const wait = writer.gate();
    writer[end]();
    await wait;
    expect(writer.gate()).toBeUndefined();
  });
});
