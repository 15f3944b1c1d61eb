import { claimPartition, ensureDay } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { recordingLogger, silentLogger } from '@corral/runtime/testing';
import type { EventLog } from '../event-log';
import { connectPostgresLog } from '../event-log.postgres';
import { dropExpiredDays } from './log-retention';
import { createPostgresTopicAdmin } from './topic-admin';

const never = new AbortController().signal;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const topic = 'corral.heartbeats.v1';

let server: TestDatabase;
let log: EventLog;

beforeEach(async () => {
  server = await startTestDatabase();
  await createPostgresTopicAdmin(server.database).ensureTopics(
    [{ name: topic, holds: 'reports', retentionMs: 72 * HOUR_MS }],
    2,
    never,
  );
  log = await connectPostgresLog({ database: server.database, logger: silentLogger });
});
afterEach(async () => {
  await log?.close();
  await server?.stop();
});

describe('retention of the log', () => {
  it('drops whole days once their last moment is 72 hours ago, and moves the starts', async () => {
    await appendOn('2026-11-15', 4);
    await appendOn('2026-11-16', 3);
    await appendOn('2026-11-20', 2);
    const lastMoment = Date.parse('2026-11-17T00:00:00Z') + 72 * HOUR_MS;

    expect(await dropExpiredDays(server.database, lastMoment - DAY_MS - 1, silentLogger)).toEqual([]);
    expect(await dropExpiredDays(server.database, lastMoment - 1, silentLogger)).toEqual(['2026-11-15']);
    expect((await log.bounds(topic, never))[1]).toMatchObject({ start: 4, end: 9 });
    expect(await dropExpiredDays(server.database, lastMoment, silentLogger)).toEqual(['2026-11-16']);
    expect(await log.bounds(topic, never)).toMatchObject([
      { start: 0, end: 0 },
      { start: 7, end: 9 },
    ]);
    expect(await values(1)).toEqual(['2026-11-20 0', '2026-11-20 1']);

    await appendOn('2026-11-21', 1);
    expect((await log.bounds(topic, never))[1]).toMatchObject({ start: 7, end: 10 });
  });

  it('drops what a consumer has not read, and says so aloud', async () => {
    await appendOn('2026-11-15', 4);
    await claimPartition(server.database, {
      consumer: 'geofence',
      topic,
      partition: 1,
      start: 2,
      clusterId: 'c',
      owner: 'o',
    });
    await claimPartition(server.database, {
      consumer: 'history',
      topic,
      partition: 1,
      start: 4,
      clusterId: 'c',
      owner: 'o',
    });
    const { logger, lines } = recordingLogger();
    await dropExpiredDays(server.database, Date.parse('2026-11-25T00:00:00Z'), logger);
    expect(lines.filter(({ level }) => level === 'error')).toMatchObject([
      { consumer: 'geofence', topic, partition: 1, from: 2, to: 3 },
    ]);
  });

  it('keeps everything as long as the topic that keeps longest', async () => {
    await appendOn('2026-11-15', 1);
    await createPostgresTopicAdmin(server.database).ensureTopics(
      [{ name: 'long', holds: 'x', retentionMs: 30 * DAY_MS }],
      2,
      never,
    );
    expect(await dropExpiredDays(server.database, Date.parse('2026-12-01T00:00:00Z'), silentLogger)).toEqual([]);
  });
});

/** Appends to partition 1 as if it were that day. */
async function appendOn(day: string, count: number): Promise<void> {
  const records = Array.from({ length: count }, (_, at) => ({
    key: null,
    partition: 1,
    timestamp: 0,
    value: Buffer.from(`${day} ${at}`),
  }));
  await log.append(topic, records, never);
  await ensureDay(server.database, 'log_record', day);
  await server.database.query(`UPDATE log_record SET day = $1 WHERE day = (now() AT TIME ZONE 'UTC')::date`, [day]);
}

async function values(partition: number): Promise<(string | undefined)[]> {
  const found = [];
  for await (const { value } of log.read(topic, partition, 0, never)) found.push(value?.toString());
  return found;
}
