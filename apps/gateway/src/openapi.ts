import { heartbeatsAccepted, heartbeatsRefused, heartbeatsRequest, problem } from '@corral/contracts/http';
import { z } from 'zod';
import type { AnswerShape, Route } from './http/route';

type Json = Record<string, unknown>;

/** What of a route the document shows. */
export type DescribedRoute = Omit<Route, 'handle'>;

/** What ingestion serves under the same address: people look for it here. */
export const SERVED_BY_INGESTION: readonly DescribedRoute[] = [
  {
    method: 'POST',
    path: '/v1/heartbeats',
    summary: 'Take heartbeats in: one, or a list of up to 1,000; durable before they are acknowledged',
    access: 'heartbeats:write',
    body: heartbeatsRequest,
    answers: {
      202: { description: 'Taken; what was refused is named and sank nothing else', schema: heartbeatsAccepted },
      400: { description: 'Nothing acceptable', schema: heartbeatsRefused },
      429: { description: 'Too many; ask again after Retry-After', schema: problem },
    },
  },
];

/** What every route may answer besides what it says of itself. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The query or the cursor is refused',
  401: 'Who are you? The credential is missing, unknown, revoked or expired',
  403: 'This credential lacks the scope',
  404: 'There is no such thing, or it is another fleet’s',
  413: 'The body is too large',
  415: 'The body is not JSON',
  422: 'Understood and refused; field and value are named',
  503: 'Ask again after Retry-After',
};

/** The OpenAPI 3.1 document of the routes: the same schemas that validate requests. */
export function openApiOf(routes: readonly DescribedRoute[]): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const line of [...routes, ...SERVED_BY_INGESTION])
    (paths[line.path] ??= {})[line.method.toLowerCase()] = operationOf(line, schemas);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Corral',
      version: '1',
      description:
        'Heartbeats of a shared fleet in, geofence decisions and alerts out. Times are RFC 3339 UTC with milliseconds; errors are RFC 9457 problems with a stable `code`.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API key: crl_key_…; for heartbeats also a device token: crl_dev_…',
        },
      },
      schemas,
    },
  };
}

function operationOf(line: DescribedRoute, schemas: Json): Json {
  const parameters = [
    ...pathParameters(line),
    ...(line.query === undefined ? [] : queryParameters(line.query, schemas)),
  ];
  return {
    operationId: operationId(line),
    summary: line.summary,
    tags: [line.path.split('/')[2]],
    ...(line.access === 'open' ? { security: [] } : { 'x-corral-scope': line.access }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(line.body === undefined
      ? {}
      : {
          requestBody: {
            required: line.bodyOptional !== true,
            content: { 'application/json': { schema: schemaOf(line.body, 'input', schemas) } },
          },
        }),
    responses: responsesOf(line, schemas),
  };
}

function responsesOf(line: DescribedRoute, schemas: Json): Json {
  const responses: Json = {};
  for (const [status, shape] of Object.entries(line.answers))
    responses[status] = responseOf(Number(status), shape, schemas);
  for (const [status, description] of Object.entries(REFUSALS)) {
    if (responses[status] !== undefined || !mayRefuse(line, Number(status))) continue;
    responses[status] = responseOf(Number(status), { description, schema: problem }, schemas);
  }
  return responses;
}

function mayRefuse(line: DescribedRoute, status: number): boolean {
  if (status === 401 || status === 403) return line.access !== 'open';
  if (status === 404) return line.path.includes('{');
  if (status === 413 || status === 415 || status === 422) return line.method !== 'GET' && line.method !== 'DELETE';
  return true;
}

function responseOf(status: number, shape: AnswerShape, schemas: Json): Json {
  const content: Json = {};
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  if (shape.schema !== undefined) content[type] = { schema: schemaOf(shape.schema, 'output', schemas) };
  for (const [other, schema] of Object.entries(shape.also ?? {}))
    content[other] = schema === null ? {} : { schema: schemaOf(schema, 'output', schemas) };
  return { description: shape.description, ...(Object.keys(content).length === 0 ? {} : { content }) };
}

function pathParameters(line: DescribedRoute): Json[] {
  const names = [...line.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  return names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
}

function queryParameters(query: z.ZodType, schemas: Json): Json[] {
  const schema = schemaOf(query, 'input', schemas) as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(schema.properties ?? {}).map(([name, { description, ...rest }]) => ({
    name,
    in: 'query',
    required: schema.required?.includes(name) ?? false,
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

/** The schema with everything that has a name of its own moved to `components`. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', schemas: Json): Json {
  const {
    $schema: _dialect,
    $defs = {},
    ...made
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json & { $defs?: Json };
  for (const [name, definition] of Object.entries($defs)) schemas[name] ??= pointed(withoutId(definition as Json));
  const { id } = made as { id?: string };
  if (id === undefined) return pointed(made) as Json;
  schemas[id] ??= pointed(withoutId(made));
  return { $ref: `#/components/schemas/${id}` };
}

function withoutId({ id: _id, ...rest }: Json): Json {
  return rest;
}

function pointed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([member, item]) =>
      member === '$ref' && typeof item === 'string'
        ? [member, item.replace('#/$defs/', '#/components/schemas/')]
        : [member, pointed(item)],
    ),
  );
}

/** `GET /v1/zone-sets/{version}` is `getZoneSetsVersion`. */
function operationId(line: DescribedRoute): string {
  const words = line.path
    .replace('/v1/', '')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  return line.method.toLowerCase() + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}
