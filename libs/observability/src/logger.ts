import { destination, pino } from 'pino';
import type { Logger as PinoLogger } from 'pino';
import { AccessLog } from './access-log.js';
import { redact } from './redact.js';

export type Logger = PinoLogger;

export interface Logging {
  readonly logger: Logger;
  readonly accessLog: AccessLog;
}

/** JSON lines on standard output, buffered: a line costs no system call of its own. */
export function createLogging(level: string): Logging {
  const stream = destination({ dest: 1, sync: false, minLength: 8_192, periodicFlush: 200 });
  const logger = pino(
    {
      level,
      base: undefined,
      serializers: { err: describeError },
      timestamp: pinoTime,
      formatters: { level: levelName },
    },
    stream,
  );
  const isOn = logger.isLevelEnabled('info');
  return { logger, accessLog: new AccessLog(isOn ? (lines) => void stream.write(lines) : undefined) };
}

function pinoTime(): string {
  return `,"time":"${new Date().toISOString()}"`;
}

function levelName(label: string) {
  return { level: label };
}

/** A cause may lead back to itself: that far and no further. */
const DEEPEST_CAUSE = 8;

/** Name, message and cause of an error, without what looks like a credential. */
export function describeError(error: unknown): unknown {
  return describe(error, DEEPEST_CAUSE);
}

function describe(error: unknown, deepest: number): unknown {
  if (!(error instanceof Error)) return redact(String(error));
  const { code } = error as NodeJS.ErrnoException;
  return {
    type: error.name,
    code,
    message: redact(error.message),
    stack: redact(error.stack ?? ''),
    cause: error.cause === undefined || deepest === 0 ? undefined : describe(error.cause, deepest - 1),
  };
}
