import { GatewayError } from '#contract';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

const publicControllers = new WeakSet<object>();

/** A controller that anybody may ask. */
export function Public(): ClassDecorator {
  return (controller) => void publicControllers.add(controller);
}

export function isPublic(controller: object): boolean {
  return publicControllers.has(controller);
}

/** Deny by default: a route that is not marked public has a caller, or no answer. */
export class ApiKeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.caller || isPublic(context.getClass())) return true;
    throw new GatewayError('invalid_api_key');
  }
}

/** The admin API: the master key and admins may do everything, viewers may read. */
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { caller, method } = context.switchToHttp().getRequest<FastifyRequest>();
    const isRead = method === 'GET' || method === 'HEAD';
    if (caller?.role === 'master' || caller?.role === 'admin') return true;
    if (caller?.role === 'viewer' && isRead) return true;
    throw new GatewayError('insufficient_permissions');
  }
}

/** What not even an admin may do. */
export class MasterGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { caller } = context.switchToHttp().getRequest<FastifyRequest>();
    if (caller?.role === 'master') return true;
    throw new GatewayError('insufficient_permissions');
  }
}
