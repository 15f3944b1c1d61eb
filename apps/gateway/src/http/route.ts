import type { Scope } from '@corral/contracts/http';
import type { Request, Response } from 'express';
import type { z } from 'zod';

/** Who asks: one fleet, and what the credential may do there. */
export interface Caller {
  readonly fleetId: string;
  readonly keyId: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** What a route demands of its caller: a scope, any valid credential, or nothing at all. Said by every route: nothing is open by omission. */
export type Access = Scope | 'any' | 'open';

/** A request that passed the door. */
export interface Asked<Query, Body> {
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** The body as it was sent, where the route reads it itself (`readsBytes`); empty otherwise. */
  readonly bytes: Uint8Array;
  readonly http: Request;
  /** Aborts when the client is gone or the process stops. */
  readonly signal: AbortSignal;
}

/** What a route says: a body (JSON if it is not a text), or a stream it writes itself. */
export type Answer =
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly type?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly stream: (response: Response) => Promise<void> };

/** How an answer looks in the OpenAPI document. */
export interface AnswerShape {
  readonly description: string;
  /** Of the JSON. */
  readonly schema?: z.ZodType;
  /** Other media types it can come in; null where JSON Schema cannot say it. */
  readonly also?: Readonly<Record<string, z.ZodType | null>>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One line of the route table: it drives the router, validation, scopes and the OpenAPI document. */
export interface Route {
  readonly method: Method;
  /** As OpenAPI writes it: `/v1/vehicles/{id}`. */
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** The body may be left out. */
  readonly bodyOptional?: boolean;
  /** The handler gets the body unread, as bytes, and looks at it itself: a large one is read elsewhere. `body` then only describes it. */
  readonly readsBytes?: boolean;
  /** Bytes, inflated. */
  readonly bodyLimit?: number;
  /** A one-use `?ticket=` will do instead of the header. */
  readonly ticket?: boolean;
  readonly answers: Readonly<Record<number, AnswerShape>>;
  handle(asked: Asked<unknown, unknown>): Promise<Answer>;
}

type Parsed<Schema extends z.ZodType | undefined> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A route whose handler knows the types its schemas promise. */
export function route<Query extends z.ZodType | undefined = undefined, Body extends z.ZodType | undefined = undefined>(
  line: Omit<Route, 'query' | 'body' | 'handle'> & {
    readonly query?: Query;
    readonly body?: Body;
    handle(asked: Asked<Parsed<Query>, Parsed<Body>>): Promise<Answer>;
  },
): Route {
  return line as unknown as Route;
}
