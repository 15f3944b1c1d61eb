import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDatabase } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { createMemoryEventLog } from '@corral/messaging';
import { eventually } from '@corral/messaging/testing';
import { Closers, createHealth, createMetrics, listen, sha256Hex } from '@corral/runtime';
import { silentLogger } from '@corral/runtime/testing';
import { connectIngestion } from './app';
import { connectHistory } from './history/history';
import { aHeartbeat } from './testing/ingestion-under-test';

let postgres: TestDatabase;
let dataDir: string;
beforeAll(async () => {
  postgres = await startTestDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'corral-ingestion-app-'));
});
afterAll(async () => {
  await postgres.stop();
  rmSync(dataDir, { recursive: true });
});

test('both roles in one process: what is accepted is recorded, and after closing nothing is left open', async () => {
  const { database: preparing } = postgres;
  await preparing.query(`INSERT INTO fleet (id, name) VALUES ('default', 'Default')`);
  await preparing.query(
    `INSERT INTO api_key (fleet_id, key_id, hash, scopes) VALUES ('default', 'one', decode($1, 'hex'), '{heartbeats:write}')`,
    [sha256Hex('crl_key_one')],
  );
  const before = process.getActiveResourcesInfo();

  const closers = new Closers();
  const stopping = new AbortController();
  const database = await connectDatabase({ url: postgres.url, application: 'test' });
  closers.add('database', () => database.close());
  const log = createMemoryEventLog();
  closers.add('log', () => log.close());
  const health = createHealth();
  const shared = {
    log,
    database,
    logger: silentLogger,
    metrics: createMetrics(),
    health,
    closers,
    signal: stopping.signal,
  };
  const age = 7 * 86_400_000;
  await connectHistory(shared, { CORRAL_MAX_HEARTBEAT_AGE: age, CORRAL_TRACK_RETENTION: undefined });
  const { handler } = await connectIngestion({
    ...shared,
    config: { dataDir, tokenSecret: undefined, maxHeartbeatAgeMs: age, fleetItemsPerSecond: undefined },
  });
  const server = await listen(handler, { port: 0, host: '127.0.0.1' });
  closers.add('http', () => server.close());

  expect(health.isReady()).toBe(true);
  const answer = await fetch(`${server.url}/v1/heartbeats`, {
    method: 'POST',
    headers: { authorization: 'Bearer crl_key_one', 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(aHeartbeat({ measuredAt: Date.now() })),
  });
  expect(await answer.json()).toEqual({ accepted: 1, rejected: [] });
  await eventually('it is recorded', async () => (await preparing.query('SELECT FROM track')).rowCount === 1);

  stopping.abort(new Error('stopping'));
  await closers.close();
  await closers.close();
  await eventually('nothing of ours is open', () => openedSince(before).length === 0, 5_000);
});

/** What is open now beyond what was: what was open before may have ended by itself meanwhile. */
function openedSince(before: readonly string[]): string[] {
  const left = [...before];
  return process.getActiveResourcesInfo().filter((resource) => {
    const place = left.indexOf(resource);
    if (place >= 0) left.splice(place, 1);
    return place < 0;
  });
}

test('a retention that would drop days still written to is refused before anything starts', async () => {
  const { database } = postgres;
  const shared = {
    log: createMemoryEventLog(),
    database,
    logger: silentLogger,
    metrics: createMetrics(),
    health: createHealth(),
    closers: new Closers(),
  };
  const day = 86_400_000;
  await expect(
    connectHistory(shared, { CORRAL_MAX_HEARTBEAT_AGE: 7 * day, CORRAL_TRACK_RETENTION: 7 * day }),
  ).rejects.toThrow('CORRAL_TRACK_RETENTION must be at least P8D');
});
