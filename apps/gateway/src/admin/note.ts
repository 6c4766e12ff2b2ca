import type { FastifyRequest } from 'fastify';
import type { Budget } from '#contract';
import type { AuditNote } from '#persistence';
import { callerOf } from '../auth/caller.js';
import { hideReceivers } from './stored-budget.js';

/** Fields whose values never reach the audit log. */
const SECRET_FIELDS = new Set(['api_key', 'headers', 'credential']);

/** Who asks for a change, and in which request. */
export interface Actor {
  readonly name: string;
  /** Null: the master key. */
  readonly keyId: string | null;
  readonly requestId: string;
}

export function actorOf(request: FastifyRequest): Actor {
  const { name, keyId } = callerOf(request);
  return { name, keyId, requestId: request.id };
}

/** The audit note of a change: what was asked for, without secrets. */
export function note(
  actor: Actor,
  action: string,
  objectType: string,
  objectId: string,
  asked: object = {},
): AuditNote {
  const changes = Object.fromEntries(
    Object.entries(asked).map(([name, value]) => [name, withoutSecret(name, value)]),
  );
  return {
    actor: actor.name,
    requestId: actor.requestId,
    action,
    objectType,
    objectId,
    changes: JSON.parse(JSON.stringify(changes)) as Record<string, unknown>,
  };
}

function withoutSecret(name: string, value: unknown): unknown {
  if (SECRET_FIELDS.has(name)) return '[secret]';
  return name === 'budget' && value ? hideReceivers(value as Partial<Budget>) : value;
}
