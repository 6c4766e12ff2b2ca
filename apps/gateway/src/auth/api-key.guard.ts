import { GatewayError } from '#contract';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ADMINS, READERS } from './caller.js';
import type { Role } from './caller.js';

const publicControllers = new WeakSet<object>();

/** A controller that anybody may ask. */
export function Public(): ClassDecorator {
  return (controller) => void publicControllers.add(controller);
}

export function isPublic(controller: object): boolean {
  return publicControllers.has(controller);
}

/** What a guard lets in, so that the description of the API can tell. */
export interface Access {
  readonly roles: readonly Role[];
  /** Is an admin whose own scope is bounded kept out? */
  readonly unscoped: boolean;
}

/** The admin API: readers may ask for all there is to `GET`, and admins may change it. */
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { caller, method } = context.switchToHttp().getRequest<FastifyRequest>();
    const { roles, unscoped } = this.accessOf(method);
    if (!caller || !roles.includes(caller.role)) throw new GatewayError('insufficient_permissions');
    if (unscoped && caller.isScoped) throw new GatewayError('insufficient_permissions', { message: SCOPED });
    return true;
  }

  accessOf(method: string): Access {
    return isRead(method) ? { roles: READERS, unscoped: false } : { roles: ADMINS, unscoped: false };
  }
}

const SCOPED =
  'An API key that is bounded to some models, a team or a budget may not change what every key shares.';

/** What every key shares (models, providers, prices): an admin who is bounded could widen its own scope by it. */
export class SharedAdminGuard extends AdminGuard {
  override accessOf(method: string): Access {
    return { ...super.accessOf(method), unscoped: !isRead(method) };
  }
}

/** What lets its reader act for the gateway: nobody who is bounded may read it. */
export class SecretsGuard extends AdminGuard {
  override accessOf(): Access {
    return { roles: ADMINS, unscoped: true };
  }
}

/** What not even an admin may do. */
export class MasterGuard extends AdminGuard {
  override accessOf(): Access {
    return { roles: ['master'], unscoped: false };
  }
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
