import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { createDeviceTokens } from '@corral/contracts';
import type { Queryable } from '@corral/database';
import type { EventLog } from '@corral/messaging';
import type { Closers, ConnectionTaker, Health, Logger, Metrics, PrefixRoute } from '@corral/runtime';
import { createDeviceLimits } from './device-limits';
import { createDirectory, type Directory } from './directory/directory';
import { createDirectoryFile } from './directory/directory-file';
import { createPostgresDirectorySource } from './directory/directory-source.postgres';
import { createFleetLimits } from './fleet-limits';
import { createHeartbeatsHandler } from './http/heartbeats-handler';
import { createHeartbeatsIntake, HEARTBEATS_PATH } from './http/heartbeats-intake';
import { createInFlight, type InFlightLimits } from './in-flight';
import { startTicks } from './ticks';

/** What an operator decides about taking heartbeats in. */
export interface IngestionConfig {
  /** Older heartbeats are refused, milliseconds. */
  readonly maxHeartbeatAgeMs: number;
  /** Items a second of one fleet; undefined limits nobody (embedded). */
  readonly fleetItemsPerSecond: number | undefined;
}

/** The parts of ingestion, real or a test's. */
export interface IngestionPorts {
  readonly log: Pick<EventLog, 'append' | 'reachable'>;
  readonly directory: Pick<Directory, 'identify' | 'missing'>;
  readonly clock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly config: IngestionConfig;
  /** Aborted once the process is closing. */
  readonly signal: AbortSignal;
  readonly inFlightLimits?: InFlightLimits;
}

/** Accepts: heartbeats in, durable before they are acknowledged. */
export interface Ingestion {
  /** Answers `/v1/heartbeats`; it sees the whole path. */
  readonly handler: RequestListener;
  /** The same, for a root that routes by prefix. */
  readonly routes: readonly PrefixRoute[];
  /** The same on sockets themselves, in front of the server whose root has {@link routes}: a third of the processor time. Loads its parser. */
  fastConnections(): Promise<ConnectionTaker>;
}

const IN_FLIGHT: InFlightLimits = { items: 20_000, bytes: 64 * 1024 * 1024 };

/** Ingestion over the ports given; opens nothing. */
export function createIngestion(ports: IngestionPorts): Ingestion {
  const { log, directory, clock, random, logger, metrics, health, config, signal, inFlightLimits = IN_FLIGHT } = ports;
  health.ready('directory', () => directory.missing());
  health.ready('log', () => (log.reachable() ? undefined : 'the event log cannot be reached'));
  const intake = createHeartbeatsIntake({
    log,
    directory,
    inFlight: createInFlight(inFlightLimits, metrics),
    deviceLimits: createDeviceLimits(clock),
    fleetLimits: createFleetLimits(config.fleetItemsPerSecond, clock),
    maxAgeMs: config.maxHeartbeatAgeMs,
    clock,
    random,
    logger,
    metrics,
    signal,
  });
  const handler = createHeartbeatsHandler(intake);
  return {
    handler,
    routes: [{ prefix: HEARTBEATS_PATH, handler }],
    async fastConnections() {
      const { createFastHeartbeats } = await import('./http/fast-heartbeats');
      return createFastHeartbeats(intake);
    },
  };
}

/** What {@link connectIngestion} is given: things already open, and where to save the directory. */
export interface ConnectIngestionOptions {
  readonly log: EventLog;
  /** The database, or how to reach it once it is there: heartbeats are taken in without it, where Kafka is the log. */
  readonly database: Queryable | (() => Promise<Queryable>);
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly closers: Closers;
  readonly signal: AbortSignal;
  readonly config: IngestionConfig & {
    readonly dataDir: string;
    /** The gateway's, with which it signs device tokens. */
    readonly tokenSecret: string | undefined;
  };
}

/** Ingestion for real: the directory kept fresh from PostgreSQL, ticks written; both end with `closers`. */
export async function connectIngestion(options: ConnectIngestionOptions): Promise<Ingestion> {
  const { log, database, logger, metrics, health, closers, signal, config } = options;
  const clock = Date.now;
  const directory = createDirectory({
    source: createPostgresDirectorySource(typeof database === 'function' ? database : async () => database),
    file: createDirectoryFile(join(config.dataDir, 'directory.json')),
    deviceTokens: createDeviceTokens(config.tokenSecret),
    clock,
    logger,
    metrics,
  });
  closers.add('directory', () => directory.stop());
  await directory.start();
  closers.add('ticks', startTicks({ log, clock, logger, metrics }));
  return createIngestion({ log, directory, clock, random: Math.random, logger, metrics, health, config, signal });
}
