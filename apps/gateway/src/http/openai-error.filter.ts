import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '#observability';
import { asGatewayError } from './framework-errors.js';
import { sendError } from './send-error.js';

/** The one place where an exception becomes an answer; what is our own fault is logged with its cause. */
@Catch()
export class OpenAiErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const error = asGatewayError(thrown);
    if (error.status === 500) {
      const { id } = http.getRequest<FastifyRequest>();
      this.logger.error({ event: 'unexpected_error', request_id: id, err: error.cause ?? error });
    }
    sendError(http.getResponse<FastifyReply>(), error);
  }
}
