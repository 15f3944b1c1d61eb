import { z } from 'zod';
import { openApiOf } from '../openapi';
import { route, type Route } from './route';

/** The routes given, and the one that describes them all and itself. */
export function withOpenApi(routes: readonly Route[]): readonly Route[] {
  let text: string | undefined;
  const all: readonly Route[] = [
    ...routes,
    route({
      method: 'GET',
      path: '/v1/openapi.json',
      summary: 'This document',
      access: 'open',
      answers: { 200: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) } },
      async handle() {
        // Made when somebody asks: it costs a cold start some milliseconds.
        text ??= JSON.stringify(openApiOf(all));
        return { status: 200, body: text, type: 'application/json; charset=utf-8' };
      },
    }),
  ];
  return all;
}
