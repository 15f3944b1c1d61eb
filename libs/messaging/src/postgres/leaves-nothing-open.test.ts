import { HEARTBEATS_TOPIC, TOPICS } from '@corral/contracts';
import { connectDatabase } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { silentLogger } from '@corral/runtime/testing';
import { connectPostgresLog } from '../event-log.postgres';
import { consumeFenced } from '../fenced-consumer';
import { eventually } from '../testing/eventually';
import { createPostgresTopicAdmin } from './topic-admin';

const never = new AbortController().signal;

let server: TestDatabase;
beforeAll(async () => {
  server = await startTestDatabase();
  await createPostgresTopicAdmin(server.database).ensureTopics(TOPICS, 4, never);
});
afterAll(() => server?.stop());

it('leaves no timer, no socket and no lock behind after it was stopped and closed', async () => {
  const before = openNow();
  const database = await connectDatabase({ url: server.url, application: 'open-handles' });
  const log = await connectPostgresLog({ database, logger: silentLogger });
  let written = 0;
  const consumption = await consumeFenced({
    log,
    database,
    consumer: 'geofence',
    topic: HEARTBEATS_TOPIC,
    logger: silentLogger,
    async write({ partitions }) {
      for (const { records } of partitions) written += records.length;
    },
  });
  await log.append(HEARTBEATS_TOPIC, [{ key: 'almere/bike-1', value: Buffer.from('x'), timestamp: 0 }], never);
  await eventually('it is written', () => written === 1);
  await consumption.stop();
  await log.close();
  await log.close();
  await database.close();

  // Timers of others (the server's, jest's) may end meanwhile.
  await eventually('everything is gone', () => beyond(before).length === 0).catch(() => undefined);
  expect(beyond(before)).toEqual([]);
  const { rows } = await server.database.query(`SELECT FROM pg_locks WHERE locktype = 'advisory'`);
  expect(rows).toEqual([]);
});

/** What keeps a process alive. */
function openNow(): string[] {
  return process.getActiveResourcesInfo().filter((resource) => /Timeout|Pipe|TCP/.test(resource));
}

/** What is open now and was not before. */
function beyond(before: readonly string[]): string[] {
  const known = [...before];
  return openNow().filter((resource) => {
    const at = known.indexOf(resource);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}
