import { SCOPES, type Scope } from '@corral/contracts/http';
import type { Database } from '@corral/database';
import { prismaWhenAsked } from '@corral/database';
import { startTestDatabase } from '@corral/database/testing';
import { createMemoryEventLog, type MemoryEventLog } from '@corral/messaging';
import { createMetrics, listen, type Metrics } from '@corral/runtime';
import { silentLogger } from '@corral/runtime/testing';
import { createGateway, type Gateway, type GatewayOptions } from '../app';
import type { LiveTimes } from '../live/live-feed';
import { makeApiKey } from '../keys/api-key';
import { bootstrap } from '../keys/bootstrap';

/** The known key of the fleet `default`, with all scopes. */
export const ADMIN_KEY = 'a-bootstrap-key-that-is-long-enough';
/** Under which tokens are signed. */
export const TOKEN_SECRET = 'a token secret for tests, long enough';
/** When every test happens, unless it moves the clock. */
export const NOW = Date.parse('2026-11-20T10:00:00.000Z');

/** What an answer was. */
export interface Answered<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
  readonly text: string;
}

/** How to ask, other than with a GET and the administrator's key. */
export interface AskOptions {
  readonly method?: string;
  readonly key?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A gateway on a real PostgreSQL, behind a real port. */
export interface GatewayUnderTest {
  readonly url: string;
  readonly database: Database;
  readonly log: MemoryEventLog;
  readonly gateway: Gateway;
  readonly metrics: Metrics;
  /** Time goes on by so much, or to that moment. */
  readonly clock: { now: number };
  // Tests look into answers member by member.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  ask<Body = any>(path: string, options?: AskOptions): Promise<Answered<Body>>;
  /** A new fleet with a key of the given scopes (all if none). */
  aFleet(scopes?: readonly Scope[]): Promise<{ fleetId: string; key: string; keyId: string }>;
  /** Another key of a fleet. */
  aKey(fleetId: string, scopes: readonly Scope[]): Promise<string>;
  /** PostgreSQL is gone, from one moment to the next. */
  loseDatabase(): void;
  stop(): Promise<void>;
}

let fleets = 0;

/** Starts one; `config` and `liveTimes` replace what a test is about. */
export async function startGateway(
  given: { config?: Partial<GatewayOptions>; liveTimes?: LiveTimes } = {},
): Promise<GatewayUnderTest> {
  const { database, url: databaseUrl, pid, stop } = await startTestDatabase();
  await bootstrap(database, ADMIN_KEY);
  const prisma = prismaWhenAsked({ url: databaseUrl, application: 'gateway test', poolSize: 2 });
  const log = createMemoryEventLog();
  const metrics = createMetrics();
  const clock = { now: NOW };
  const stopping = new AbortController();
  const gateway = createGateway({
    database,
    withFleetPrisma: prisma.withFleetPrisma,
    log,
    clock: () => clock.now,
    logger: silentLogger,
    metrics,
    signal: stopping.signal,
    liveTimes: given.liveTimes,
    config: {
      CORRAL_CORS_ORIGINS: [],
      CORRAL_WEBHOOK_ALLOW_PRIVATE: ['127.0.0.0/8'],
      CORRAL_TOKEN_SECRET: TOKEN_SECRET,
      ...given.config,
    },
  });
  const server = await listen(gateway.handler, { port: 0, host: '127.0.0.1' });

  async function aKey(fleetId: string, scopes: readonly Scope[]) {
    const made = makeApiKey();
    await database.query('INSERT INTO api_key (fleet_id, key_id, hash, scopes) VALUES ($1, $2, $3, $4)', [
      fleetId,
      made.keyId,
      made.hash,
      [...scopes],
    ]);
    return made;
  }

  return {
    url: server.url,
    database,
    log,
    gateway,
    metrics,
    clock,
    ask: (path, options) => ask(server.url + path, options),
    async aFleet(scopes = SCOPES) {
      const fleetId = `fleet-${++fleets}`;
      await database.query('INSERT INTO fleet (id, name) VALUES ($1, $1)', [fleetId]);
      const { key, keyId } = await aKey(fleetId, scopes);
      return { fleetId, key, keyId };
    },
    aKey: async (fleetId, scopes) => (await aKey(fleetId, scopes)).key,
    loseDatabase: () => void process.kill(pid, 'SIGQUIT'),
    async stop() {
      stopping.abort(new Error('the test is over'));
      await server.close();
      await prisma.close();
      await log.close();
      await stop();
    },
  };
}

async function ask<Body>(url: string, options: AskOptions = {}): Promise<Answered<Body>> {
  const { method = options.body === undefined ? 'GET' : 'POST', key = ADMIN_KEY, body, headers = {} } = options;
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(url, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: raw ? (body as string) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (isJson && text ? JSON.parse(text) : undefined) as Body,
  };
}
