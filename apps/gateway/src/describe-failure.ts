import { GatewayError } from '#contract';
import { DatabaseUnreachable, DirectoryInUse, WrongSecretKey } from '#persistence';
import { UnknownCommand } from './command.js';
import { InvalidEnvironment } from './config/environment.js';
import { InvalidDeclaration } from './declaration/fault.js';
import { BrokenAudit } from './verify-audit.js';

/** One clear line for what an operator can mend; the whole error for what is ours. */
export function describeFailure(error: unknown): string {
  if (error instanceof WrongSecretKey) return describeWrongKey(error);
  const expected = [
    InvalidEnvironment,
    InvalidDeclaration,
    UnknownCommand,
    BrokenAudit,
    DirectoryInUse,
    DatabaseUnreachable,
  ];
  if (error instanceof Error && expected.some((kind) => error instanceof kind)) return error.message;
  // The database went away again while the gateway started.
  if (error instanceof GatewayError && error.code === 'service_unavailable') return error.message;
  const { code, message, stack } = error as NodeJS.ErrnoException;
  return code === 'EADDRINUSE' || code === 'EACCES' ? message : (stack ?? String(error));
}

function describeWrongKey({ place }: WrongSecretKey): string {
  if (!place.startsWith('wrapped_key:')) {
    return `What is sealed of ${place} was changed in the database, or comes from another row: it cannot be opened.`;
  }
  return (
    'PLLM_SECRET_KEY is not the key that this database was set up with; its secrets cannot be opened. ' +
    'To change it, give the one before as PLLM_SECRET_KEY_PREVIOUS.'
  );
}
