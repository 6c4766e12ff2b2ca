import { Controller, Delete, Get, Header, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { asksForStream } from '#contract';
import type { JsonRequest, ResponsesRequest } from '#contract';
import { CurrentCaller, callerOf } from '../auth/caller.js';
import type { Caller } from '../auth/caller.js';
import { V1 } from '../http/prefixes.js';
import { ReadBody } from '../http/read-body.js';
import { sendAnswer } from '../http/send-answer.js';
import { wireBody } from '../http/wire-body.pipe.js';
import { wireQuery } from '../http/wire-query.pipe.js';
import { callOf } from '../relay/call.js';
import { listInputItems } from '../stored-responses/items.js';
import { StoredResponses } from '../stored-responses/stored-responses.js';
import { InputItemsQuery } from './input-items.query.js';
import { ResponsesBody } from './responses.body.js';

@Controller(V1)
export class ResponsesController {
  constructor(private readonly stored: StoredResponses) {}

  @Post('responses')
  async create(
    @ReadBody(wireBody<ResponsesRequest>(ResponsesBody)) request: JsonRequest<ResponsesRequest>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const expanded = await this.stored.expand(request, callerOf(reply.request));
    const call = callOf('responses', expanded, reply.request);
    sendAnswer(reply, asksForStream(request.value), (signal, emit) => this.stored.answer(call, signal, emit));
  }

  /** As it was answered, digit by digit. */
  @Get('responses/:id')
  @Header('content-type', 'application/json; charset=utf-8')
  async read(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<string> {
    const { response } = await this.stored.find(id, caller);
    return response;
  }

  @Delete('responses/:id')
  async delete(@Param('id') id: string, @CurrentCaller() caller: Caller) {
    await this.stored.delete(id, caller);
    return { id, object: 'response', deleted: true };
  }

  @Get('responses/:id/input_items')
  async listInput(
    @Param('id') id: string,
    @Query(wireQuery(InputItemsQuery, ['limit'])) query: InputItemsQuery,
    @CurrentCaller() caller: Caller,
  ) {
    return listInputItems(await this.stored.find(id, caller), query);
  }
}
