import { RequestMethod } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import {
  GUARDS_METADATA,
  METHOD_METADATA,
  PATH_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants.js';
import { AdminGuard, isPublic } from '../auth/api-key.guard.js';
import type { Access } from '../auth/api-key.guard.js';
import { CALLERS, EVERYBODY } from '../auth/caller.js';
import { isDescribed } from '../http/described-pipe.js';
import type { DescribedPipe } from '../http/described-pipe.js';
import type { ReadBodyData } from '../http/read-body.js';

/** A route as Nest has it, under the first of its prefixes. */
export interface Route {
  readonly method: string;
  /** `/v1/admin/keys/:id`, `/v1/models/*` */
  readonly path: string;
  readonly isPublic: boolean;
  readonly access: Access;
  readonly body?: DescribedPipe<unknown>;
  readonly query?: DescribedPipe<unknown>;
}

/** Nest's kinds of parameters, as its metadata numbers them. */
const BODY = '3:';
const QUERY = '4:';

/** The routes of a controller, from what its decorators left. */
export function routesOf(Controller: Type<object>): Route[] {
  const [prefix = ''] = [Reflect.getMetadata(PATH_METADATA, Controller) as string | string[]].flat();
  return Object.getOwnPropertyNames(Controller.prototype).flatMap((name) => {
    const method = (Controller.prototype as Record<string, object>)[name] as object;
    const kind = Reflect.getMetadata(METHOD_METADATA, method) as RequestMethod | undefined;
    if (kind === undefined) return [];
    const paths = [Reflect.getMetadata(PATH_METADATA, method) as string | string[]].flat();
    const verb = RequestMethod[kind];
    return paths.map((path) => ({
      method: verb,
      path: `/${[prefix, path].filter((part) => part !== '' && part !== '/').join('/')}`,
      isPublic: isPublic(Controller),
      access: accessOf(Controller, method, verb),
      body: pipeOf(Controller, name, BODY) ?? readerOf(Controller, name),
      query: pipeOf(Controller, name, QUERY),
    }));
  });
}

/** By the guard that is nearest to it. Where there is none all are let in, but that who calls no model has nothing to `POST`. */
function accessOf(Controller: Type<object>, method: object, verb: string): Access {
  const guards = [Controller, method].flatMap(
    (place) => (Reflect.getMetadata(GUARDS_METADATA, place) ?? []) as unknown[],
  );
  const guard = guards.findLast((one) => one instanceof AdminGuard);
  return guard?.accessOf(verb) ?? { roles: verb === 'POST' ? CALLERS : EVERYBODY, unscoped: false };
}

function pipeOf(Controller: Type<object>, name: string, kind: string): DescribedPipe<unknown> | undefined {
  const pipes = Object.entries(parametersOf(Controller, name)).flatMap(([key, { pipes: all = [] }]) =>
    key.startsWith(kind) ? all : [],
  );
  return pipes.find(isDescribed);
}

/** What reads the body where `ReadBody` stands in place of a pipe. */
function readerOf(Controller: Type<object>, name: string): DescribedPipe<unknown> | undefined {
  const readers = Object.values(parametersOf(Controller, name)).map(({ data }) => data?.reader);
  return readers.find(isDescribed);
}

interface Parameter {
  readonly pipes?: readonly unknown[];
  readonly data?: Partial<ReadBodyData>;
}

function parametersOf(Controller: Type<object>, name: string): Readonly<Record<string, Parameter>> {
  return (Reflect.getMetadata(ROUTE_ARGS_METADATA, Controller, name) ?? {}) as Record<string, Parameter>;
}
