import { ref, SCHEMAS } from './answers.js';
import type { DescribedPipe } from '../http/described-pipe.js';
import { schemaOf } from './json-schema.js';
import { OPERATIONS } from './operations.js';
import type { Route } from './routes.js';

/** An OpenAPI 3.1 document. */
export interface ApiDescription {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly [member: string]: unknown;
}

const VERSION = '1';
const FAILURE = { description: 'An error', content: { 'application/json': { schema: ref('Error') } } };

/** A router knows nothing behind the rest of a path: what stands there is looked for by the controller. */
const TEMPLATES: Readonly<Record<string, string>> = {
  'POST /v1/admin/models/*': '/v1/admin/models/{model}/explain',
};

/** The whole surface. A route that `OPERATIONS` does not know is described by its rules alone. */
export function describeApi(routes: readonly Route[]): ApiDescription {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = TEMPLATES[`${route.method} ${route.path}`] ?? templateOf(route.path);
    (paths[path] ??= {})[route.method.toLowerCase()] = describeRoute(route, path);
    if (route.isPublic) paths[path].servers = [{ url: '/' }];
  }
  return {
    openapi: '3.1.0',
    info: { title: 'PLLM', version: VERSION, description: 'An OpenAI-compatible LLM gateway.' },
    servers: [{ url: '/' }, { url: '/api', description: 'The same, under /api/v1' }],
    security: [{ bearer: [] }, { x_api_key: [] }, { api_key: [] }],
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        x_api_key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        api_key: { type: 'apiKey', in: 'header', name: 'api-key' },
      },
    },
  };
}

function describeRoute(route: Route, path: string): object {
  const known = OPERATIONS[`${route.method} ${path}`];
  const success = { description: 'Done', ...(known && { content: known.content }) };
  const created = route.method === 'POST' && /^\/v1\/admin\/[^/]+$/.test(path);
  return {
    ...(known && { operationId: known.id, summary: known.summary }),
    tags: [tagOf(path)],
    parameters: [...pathParameters(path), ...queryParameters(route.query)],
    ...(route.body && { requestBody: requestBody(route.body) }),
    responses: {
      [created ? '201' : '200']: success,
      ...(!route.isPublic && { '4XX': FAILURE, '5XX': FAILURE }),
    },
    ...(route.isPublic ? { security: [] } : accessWords(route)),
  };
}

/** The roles that may ask, and whether an admin must be one whose own scope has no bounds. */
function accessWords({ access }: Route): object {
  return { 'x-pllm-roles': access.roles, ...(access.unscoped && { 'x-pllm-unscoped': true }) };
}

/** Nest's path as OpenAPI writes it: `{id}` for `:id`, `{model}` for the rest of a path. */
function templateOf(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}').replace('*', '{model}');
}

function tagOf(path: string): string {
  const [, first = '', second = '', third = ''] = path.split('/');
  if (first !== 'v1') return 'operations';
  return second === 'admin' ? `admin ${third}` : second;
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters(pipe: DescribedPipe<unknown> | undefined): object[] {
  if (!pipe) return [];
  const { properties = {} } = schemaOf(pipe.Body, pipe.isOpen);
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema }));
}

function requestBody(pipe: DescribedPipe<unknown>): object {
  return { required: true, content: contentOf(pipe) };
}

function contentOf({ Body, isOpen, mediaType = 'application/json', or }: DescribedPipe<unknown>): object {
  return { [mediaType]: { schema: schemaOf(Body, isOpen) }, ...(or && contentOf(or)) };
}
