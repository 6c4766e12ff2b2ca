import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { GatewayError } from '#contract';
import type { LimitSubject } from '#contract';
import type { CallerBudgets } from '#metering';
import type { AllowedIps } from './allowed-ips.js';

export const ROLES = ['admin', 'viewer', 'member'] as const;
export type Role = (typeof ROLES)[number] | 'master';

/** Every role; those that call models; those that read the admin API; those that change what it shows. */
export const EVERYBODY: readonly Role[] = ['master', ...ROLES];
export const CALLERS: readonly Role[] = ['master', 'admin', 'member'];
export const READERS: readonly Role[] = ['master', 'admin', 'viewer'];
export const ADMINS: readonly Role[] = ['master', 'admin'];

/** Who asks. Made once a key, not once a request. */
export interface Caller {
  /** Null: the master key. */
  readonly keyId: string | null;
  /** Null: it is in none. */
  readonly teamId: string | null;
  /** For the audit log: a key's id, or `master`. */
  readonly name: string;
  readonly role: Role;
  /** Is it for a part of the models, or in a team, or has it a budget? What all share could widen that. */
  readonly isScoped: boolean;
  /** Undefined: there is no bound. */
  readonly limited?: LimitSubject | undefined;
  /** Its team's bound. */
  readonly teamLimited?: LimitSubject | undefined;
  /** Is it of a team that is not there any more? Then nothing bounds it, and it may do nothing. */
  readonly isOrphan?: boolean;
  /** Undefined: it may come from everywhere. */
  readonly allowedIps?: AllowedIps | undefined;
  /** Undefined: nobody bounds what its calls cost. */
  readonly budgets?: CallerBudgets | undefined;
  mayCall(model: string): boolean;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before the body is read; absent on public routes only. */
    caller?: Caller;
  }
}

/** The caller of a request to a protected route. @throws GatewayError where there is none */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new GatewayError('invalid_api_key');
  return request.caller;
}

/** The caller of the request, in a controller of a protected route. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) => {
  return callerOf(context.switchToHttp().getRequest<FastifyRequest>());
});
