import {
  Body,
  Controller,
  Header,
  HttpCode,
  Param,
  Post,
  Res,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import type { DescribedPipe } from './described-pipe.js';
import { directHandler } from './direct-handler.js';
import { ReadBody } from './read-body.js';

class Anything {}
const READER: DescribedPipe<string> = {
  Body: Anything,
  isOpen: true,
  transform(body) {
    if (body === 'unreadable') throw new Error('reader');
    return `read ${String(body)}`;
  },
};

@Controller()
class Calls {
  readonly seen: unknown[] = [];

  @Post('plain')
  plain(@ReadBody(READER) body: string, @Res() reply: FastifyReply): void {
    this.seen.push(body, reply);
    if (body === 'read bad') throw new Error('method');
  }

  @Post('later')
  async later(@ReadBody(READER) body: string, @Res() reply: FastifyReply): Promise<void> {
    this.seen.push(body, reply);
    if (body === 'read bad') throw new Error('promise');
  }

  @Post('guarded')
  @UseGuards(Anything)
  guarded(@ReadBody(READER) _body: string, @Res() _reply: FastifyReply): void {}

  @Post('piped')
  @UsePipes(Anything)
  piped(@ReadBody(READER) _body: string, @Res() _reply: FastifyReply): void {}

  @Post('intercepted')
  @UseInterceptors(Anything)
  intercepted(@ReadBody(READER) _body: string, @Res() _reply: FastifyReply): void {}

  @Post('filtered')
  @UseFilters(Anything)
  filtered(@ReadBody(READER) _body: string, @Res() _reply: FastifyReply): void {}

  @Post('titled')
  @Header('x-title', 'yes')
  titled(@ReadBody(READER) _body: string, @Res() _reply: FastifyReply): void {}

  @Post('accepted')
  @HttpCode(202)
  accepted(@ReadBody(READER) _body: string, @Res() _reply: FastifyReply): void {}

  @Post('more/:id')
  more(@ReadBody(READER) _body: string, @Res() _reply: FastifyReply, @Param('id') _id: string): void {}

  @Post('turned')
  turned(@Res() _reply: FastifyReply, @ReadBody(READER) _body: string): void {}

  @Post('answered')
  answered(@ReadBody(READER) body: string): string {
    return body;
  }

  @Post('by-pipe')
  byPipe(@Body(READER) _body: string, @Res() _reply: FastifyReply): void {}
}

@Controller()
@UseGuards(Anything)
class Guarded {
  @Post('plain')
  plain(@ReadBody(READER) _body: string, @Res() _reply: FastifyReply): void {}
}

const REPLY = {} as FastifyReply;

/** Asks the handler of a method; resolves to what its controller saw, and what went wrong. */
async function ask(name: 'plain' | 'later', body: unknown): Promise<unknown[]> {
  const calls = new Calls();
  const failed: unknown[] = [];
  const request = { body } as FastifyRequest;
  const find = (Wanted: unknown): unknown => (Wanted === Calls ? calls : undefined);
  const handler = directHandler(Calls.prototype[name], find, (thrown, ...of) => failed.push(thrown, ...of));
  expect(handler?.(request, REPLY)).toBeUndefined();
  await new Promise((resolve) => setImmediate(resolve));
  return [
    calls.seen,
    failed.map((one) => (one instanceof Error ? one.message : one === request || one === REPLY)),
  ];
}

describe('directHandler', () => {
  it.each(['plain', 'later'] as const)('calls the controller with what was read: %s', async (name) => {
    expect(await ask(name, 'it')).toEqual([['read it', REPLY], []]);
  });

  it.each([
    ['plain', 'unreadable', 'reader'],
    ['plain', 'bad', 'method'],
    ['later', 'bad', 'promise'],
  ] as const)('tells what is thrown: %s, %s', async (name, body, message) => {
    expect((await ask(name, body))[1]).toEqual([message, true, true]);
  });

  it.each([
    'guarded',
    'piped',
    'intercepted',
    'filtered',
    'titled',
    'accepted',
    'more',
    'turned',
    'answered',
    'byPipe',
  ] as const)('leaves a route to Nest that needs it: %s', (name) => {
    expect(
      directHandler(
        Calls.prototype[name],
        () => new Calls(),
        () => {},
      ),
    ).toBeUndefined();
  });

  it('leaves the routes of a guarded controller to Nest', () => {
    expect(
      directHandler(
        Guarded.prototype.plain,
        () => new Guarded(),
        () => {},
      ),
    ).toBeUndefined();
  });
});
