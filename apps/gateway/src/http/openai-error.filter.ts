import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayError } from '#contract';
import type { Logger } from '#observability';
import { asGatewayError } from './framework-errors.js';
import { sendError } from './send-error.js';

/** The one place where an exception becomes an answer; what is our own fault is logged with its cause. */
@Catch()
export class OpenAiErrorFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    /** Keeps a record of a call that is refused here, before it is answered; undefined: none is due. */
    private readonly record: (request: FastifyRequest, error: GatewayError) => Promise<void> | undefined,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest(), http.getResponse());
  }

  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = asGatewayError(thrown);
    if (error.status === 500) {
      this.logger.error({ event: 'unexpected_error', request_id: request.id, err: error.cause ?? error });
    }
    const recorded = this.record(request, error);
    if (!recorded) return sendError(reply, error);
    // The answer is ours from here on, also while it waits.
    if (!reply.sent) reply.hijack();
    void recorded.then(() => sendError(reply, error));
  }
}
