import { createDeviceTokens, decodeHeartbeatRecord, HEARTBEATS_TOPIC } from '@corral/contracts';
import type { Report } from '@corral/domain';
import { createMemoryEventLog, type EventLog, type MemoryEventLog } from '@corral/messaging';
import { createHealth, createMetrics, listen, sha256Hex, type Health, type Metrics } from '@corral/runtime';
import { silentLogger } from '@corral/runtime/testing';
import { createIngestion, type IngestionConfig, type IngestionPorts } from '../app';
import type { DeniedTokens } from '../directory/deny-list';
import { createDirectory, type Directory } from '../directory/directory';
import { createMemoryDirectorySource, type MemoryDirectorySource } from '../directory/directory-source.memory';

/** The key that every test's fleet sends with. */
export const KEY = 'crl_key_test_of-the-default-fleet';
/** A key that may only look. */
export const READ_KEY = 'crl_key_test_that-only-reads';
/** What devices are given tokens with. */
export const DEVICE_TOKENS = createDeviceTokens('a token secret for tests, long enough');
/** When every test happens. */
export const NOW = Date.parse('2026-11-20T10:00:00.000Z');

/** A running ingestion over memory twins, with what tests look at. */
export interface IngestionUnderTest {
  readonly url: string;
  readonly log: MemoryEventLog;
  readonly source: MemoryDirectorySource;
  readonly directory: Directory;
  readonly health: Health;
  readonly metrics: Metrics;
  /** Says that the process is closing. */
  closing(): void;
  post(
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }>;
  reports(): Promise<Report[]>;
  stop(): Promise<void>;
}

/** Starts one. `log` replaces what is appended to, `ports` anything else. */
export async function startIngestion(
  given: {
    config?: Partial<IngestionConfig>;
    append?: EventLog['append'];
    ports?: Partial<IngestionPorts>;
    directoryAway?: boolean;
    /** Device tokens that live no longer. */
    denied?: readonly DeniedTokens[];
    /** Whether plain POSTs are read from the socket itself; CORRAL_FAST_HTTP decides when not given, as it does in the program. */
    fast?: boolean;
  } = {},
): Promise<IngestionUnderTest> {
  const clock = given.ports?.clock ?? (() => NOW);
  const log = createMemoryEventLog();
  const source = createMemoryDirectorySource(clock);
  const metrics = createMetrics();
  const health = createHealth();
  const closing = new AbortController();
  source.addFleet('default');
  source.addKey({ fleetId: 'default', keyId: 'test', hash: sha256Hex(KEY), scopes: ['heartbeats:write'] });
  source.addKey({ fleetId: 'default', keyId: 'read', hash: sha256Hex(READ_KEY), scopes: ['vehicles:read'] });
  for (const tokens of given.denied ?? []) source.deny(tokens);
  if (given.directoryAway) source.fail(new Error('connection refused'));
  const file = { load: async () => undefined, save: async () => undefined };
  const directory = createDirectory({
    source,
    file,
    deviceTokens: DEVICE_TOKENS,
    clock,
    logger: silentLogger,
    metrics,
  });
  await directory.start();
  const ingestion = createIngestion({
    log: given.append ? { append: given.append, reachable: () => true } : log,
    directory,
    clock,
    random: () => 0.5,
    logger: silentLogger,
    metrics,
    health,
    config: { maxHeartbeatAgeMs: 7 * 86_400_000, fleetItemsPerSecond: undefined, ...given.config },
    signal: closing.signal,
    ...given.ports,
  });
  const fast = given.fast ?? process.env['CORRAL_FAST_HTTP'] !== 'off';
  const server = await listen(ingestion.handler, {
    port: 0,
    host: '127.0.0.1',
    ...(fast ? { connections: await ingestion.fastConnections() } : {}),
  });

  return {
    url: server.url,
    log,
    source,
    directory,
    health,
    metrics,
    closing: () => closing.abort(new Error('stopping')),
    async post(body, headers = {}) {
      const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
      const response = await fetch(`${server.url}/v1/heartbeats`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
        body: sent as NonNullable<RequestInit['body']>,
      });
      return {
        status: response.status,
        headers: response.headers,
        body: (await response.json()) as Record<string, unknown>,
      };
    },
    async reports() {
      const reports: Report[] = [];
      for (let partition = 0; partition < log.partitions; partition++)
        for await (const { value } of log.read(HEARTBEATS_TOPIC, partition, 0, new AbortController().signal)) {
          const decoded = decodeHeartbeatRecord(value);
          if (decoded.kind === 'report') reports.push(decoded.report);
        }
      return reports;
    },
    async stop() {
      await directory.stop();
      await server.close(AbortSignal.abort());
      await log.close();
    },
  };
}

/** A heartbeat as a device sends it. */
export function aHeartbeat(over: Record<string, unknown> = {}): Record<string, unknown> {
  return { vehicleId: 'bike-42', measuredAt: '2026-11-20T09:59:55.000Z', lat: 52.3676, lng: 4.9041, ...over };
}
