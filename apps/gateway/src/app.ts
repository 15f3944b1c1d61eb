import type { RequestListener } from 'node:http';
import { createDeviceTokens } from '@corral/contracts';
import { prismaWhenAsked, type Database, type FleetPrisma } from '@corral/database';
import type { EventLog } from '@corral/messaging';
import type { Closers, Logger, Metrics } from '@corral/runtime';
import type { GatewayConfig } from './config';
import { keepWaking } from './alerts/wake-snoozed';
import { alertRoutes } from './http/alerts';
import { apiKeyRoutes } from './http/api-keys';
import { deliveryRoutes } from './http/deliveries';
import { deviceTokenRoutes } from './http/device-tokens';
import { factRoutes } from './http/facts';
import { fleetRoutes } from './http/fleets';
import { liveRoutes } from './http/live';
import { withOpenApi } from './http/openapi';
import type { Route } from './http/route';
import { routerOf } from './http/router';
import { stationRoutes } from './http/stations';
import { statusRoutes } from './http/status';
import { telemetryRoutes } from './http/telemetry';
import { vehicleRoutes } from './http/vehicles';
import { webhookEndpointRoutes } from './http/webhook-endpoints';
import { zoneLookupRoutes } from './http/zone-lookup';
import { zoneSetRoutes } from './http/zone-sets';
import { zoneRoutes } from './http/zones';
import { authenticateByKey } from './keys/authenticate';
import { bootstrap } from './keys/bootstrap';
import { createLiveTickets } from './keys/live-tickets';
import { createLiveFeed, type LiveTimes } from './live/live-feed';
import { createZoneSetCache } from './zones/zone-set-cache';

/** What an operator decides about the gateway. */
export type GatewayOptions = Pick<GatewayConfig, 'CORRAL_CORS_ORIGINS' | 'CORRAL_WEBHOOK_ALLOW_PRIVATE'> &
  Partial<Pick<GatewayConfig, 'CORRAL_BOOTSTRAP_API_KEY' | 'CORRAL_TOKEN_SECRET'>>;

/** The opened things the gateway works with. */
export interface GatewayContext {
  readonly database: Database;
  readonly log: Pick<EventLog, 'append' | 'bounds'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly closers: Closers;
  /** Aborts when closing begins: streams, which never end by themselves, end. */
  readonly signal: AbortSignal;
}

/** The gateway over its parts. */
export interface GatewayPorts extends Omit<GatewayContext, 'closers'> {
  readonly withFleetPrisma: FleetPrisma;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly config: GatewayOptions;
  /** Others than promised, for tests. */
  readonly liveTimes?: LiveTimes;
}

/** A gateway: its root, and the table it was made from. */
export interface Gateway {
  readonly handler: RequestListener;
  readonly routes: readonly Route[];
}

/** The API over opened things: the bootstrap key is in place, snoozes end by themselves, and the client of the database is closed with the rest. */
export async function connectGateway(context: GatewayContext, config: GatewayOptions): Promise<Gateway> {
  const { database, log, closers, logger, metrics, signal } = context;
  await bootstrap(database, config.CORRAL_BOOTSTRAP_API_KEY);
  const prisma = prismaWhenAsked({ url: database.url, application: 'corral gateway', poolSize: 4, logger });
  closers.add('prisma', () => prisma.close());
  void keepWaking({ database, clock: Date.now, logger, signal });
  const { withFleetPrisma } = prisma;
  return createGateway({ database, withFleetPrisma, log, clock: Date.now, logger, metrics, config, signal });
}

/** The API as one table of routes: router, validation, scopes and the OpenAPI document come from it. */
export function createGateway(ports: GatewayPorts): Gateway {
  const { database, withFleetPrisma, log, clock, logger, metrics, signal, config } = ports;
  const tickets = createLiveTickets(config.CORRAL_TOKEN_SECRET, clock);
  const authenticate = authenticateByKey({ database, tickets, clock });
  const deviceTokens = createDeviceTokens(config.CORRAL_TOKEN_SECRET);
  const zoneSets = createZoneSetCache();
  const feed = createLiveFeed({ database, authenticate, logger, signal, times: ports.liveTimes });
  const liveClients = metrics.gauge('corral_live_clients');
  liveClients.onRead(() => liveClients.set(feed.clients()));

  const routes = withOpenApi([
    ...fleetRoutes({ database, clock }),
    ...apiKeyRoutes({ database, authenticate, clock }),
    ...vehicleRoutes({ database, log, clock }),
    ...deviceTokenRoutes({ database, deviceTokens, clock }),
    ...telemetryRoutes({ database }),
    ...zoneSetRoutes({ database, zoneSets, clock }),
    ...zoneRoutes({ database, zoneSets, clock }),
    ...stationRoutes({ database, zoneSets, clock }),
    ...zoneLookupRoutes({ database, zoneSets, clock }),
    ...factRoutes({ database }),
    ...alertRoutes({ database, clock }),
    ...webhookEndpointRoutes({ withFleetPrisma, allowPrivate: config.CORRAL_WEBHOOK_ALLOW_PRIVATE, clock }),
    ...deliveryRoutes({ database, withFleetPrisma, clock }),
    ...liveRoutes({ feed, tickets }),
    ...statusRoutes({ database, log, clock }),
  ]);
  const corsOrigins = config.CORRAL_CORS_ORIGINS;
  return { handler: routerOf(routes, { authenticate, corsOrigins, logger, metrics, signal }), routes };
}
