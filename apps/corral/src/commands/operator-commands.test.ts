import { HEARTBEATS_TOPIC, TOPICS } from '@corral/contracts';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import {
  connectPostgresLog,
  consumeFenced,
  createPostgresTopicAdmin,
  type EventLog,
  type FencedConsumption,
  type Flush,
} from '@corral/messaging';
import { eventually } from '@corral/messaging/testing';
import { silentLogger } from '@corral/runtime/testing';
import { dlqList, dlqReplay, dlqShow } from './dlq';
import { offsetsReset, offsetsShow } from './offsets';

const never = new AbortController().signal;
let server: TestDatabase;
let log: EventLog;
let consumption: FencedConsumption | undefined;
let mended = false;
// The JSON of a command, as a program would read it.
let printed: any;

const print = (result: object) => void (printed = result);
const env = () => ({ DATABASE_URL: server.url });

beforeAll(async () => {
  server = await startTestDatabase();
  await createPostgresTopicAdmin(server.database).ensureTopics(TOPICS, 2, never);
  log = await connectPostgresLog({ database: server.database, logger: silentLogger, pollMs: 50 });
  await server.database.query('CREATE TABLE effect (value text PRIMARY KEY, times int NOT NULL)');
});
beforeEach(async () => {
  mended = false;
  await server.database.query('TRUNCATE effect, dead_letter, partition_owner, log_record');
  await server.database.query('UPDATE log_partition SET start_offset = 0, next_offset = 0');
});
afterEach(async () => {
  await consumption?.stop();
  consumption = undefined;
});
afterAll(async () => {
  await log?.close();
  await server?.stop();
});

/** Effects are known by their value, as all of ours are known by an id: what comes twice changes nothing. */
async function write({ tx, partitions }: Flush): Promise<void> {
  for (const { records, deadLetter } of partitions)
    for (const record of records) {
      const value = record.value!.toString();
      if (value.startsWith('poison') && !mended) deadLetter(record, 'step_failed', 'undefined is not a bike');
      else
        await tx.query('INSERT INTO effect VALUES ($1, 1) ON CONFLICT (value) DO NOTHING', [value.replace(/\0/g, '')]);
    }
}

async function consume(): Promise<FencedConsumption> {
  consumption = await consumeFenced({
    log,
    database: server.database,
    consumer: 'geofence',
    topic: HEARTBEATS_TOPIC,
    logger: silentLogger,
    write,
  });
  return consumption;
}

async function append(values: readonly string[], vehicles = values.length, partition = 0): Promise<void> {
  const records = values.map((value, at) => ({
    key: `default/bike-${at % vehicles}`,
    value: Buffer.from(value),
    timestamp: 1_795_000_000_000,
    partition,
  }));
  await log.append(HEARTBEATS_TOPIC, records, never);
}

const poison = (count: number) => Array.from({ length: count }, (_, at) => `poison ${at}`);
const effects = async () => (await server.database.query<{ value: string }>('SELECT value FROM effect')).rows.length;
const place = async (partition = 0) =>
  (
    await server.database.query<{ next_offset: number; epoch: number; parked_reason: string | null }>(
      'SELECT next_offset, epoch, parked_reason FROM partition_owner WHERE partition = $1',
      [partition],
    )
  ).rows[0];
const through = (offset: number) =>
  eventually(`offset ${offset} is reached`, async () => (await place())?.next_offset === offset);

describe('corral dlq', () => {
  it('names what was set aside, shows its bytes, and replays it once the reason is mended, twice without effect', async () => {
    await append(['good', ...poison(3), 'good too']);
    await consume();
    await through(5);
    await dlqList(env(), { limit: 2 }, print);
    expect(printed).toMatchObject({
      counts: [{ consumer: 'geofence', reason: 'step_failed', count: 3, vehicles: 3, replayed: 0 }],
      items: [{ offset: 1, key: 'default/bike-1', bytes: 8, replayedAt: null }, { offset: 2 }],
    });
    await dlqShow(env(), printed.items[0].id.slice(0, 20), print);
    expect(Buffer.from(printed.base64, 'base64').toString()).toBe('poison 0');
    await expect(dlqShow(env(), 'dlq_', print)).rejects.toThrow('or more than one');

    await expect(dlqReplay(env(), { rate: 200 }, print)).rejects.toThrow('Say which');
    mended = true;
    await dlqReplay(env(), { all: true, dryRun: true, rate: 200 }, print);
    expect(printed).toEqual({ records: 3, withoutContent: 0, dryRun: true });
    await dlqReplay(env(), { vehicle: 'bike-2', rate: 200 }, print);
    expect(printed.records).toBe(1);
    await dlqReplay(env(), { all: true, rate: 1_000 }, print);
    expect(printed.records).toBe(2);
    await through(8);
    expect(await effects()).toBe(5);

    await dlqReplay(env(), { all: true, rate: 1_000 }, print);
    expect(printed.records).toBe(0);
    await dlqReplay(env(), { all: true, again: true, rate: 1_000 }, print);
    expect(printed.records).toBe(3);
    await through(11);
    expect(await effects()).toBe(5);
    await dlqList(env(), { reason: 'step_failed', limit: 1 }, print);
    expect(printed.counts).toMatchObject([{ count: 3, replayed: 3 }]);
  });

  it('keeps to its rate, and to what was set aside in the time that is asked for', async () => {
    await append(poison(30), 10);
    await consume();
    await through(30);
    mended = true;
    await dlqReplay(env(), { until: '1h', rate: 10 }, print);
    expect(printed.records).toBe(0);
    const began = performance.now();
    await dlqReplay(env(), { since: '1h', rate: 20 }, print);
    expect(printed.records).toBe(30);
    expect(performance.now() - began).toBeGreaterThan(900);
    await expect(dlqReplay(env(), { since: 'lately', rate: 10 }, print)).rejects.toThrow('--since lately');
  });

  it('counts a record that two consumers set aside once, and leaves a tombstone alone', async () => {
    await server.database.query(
      `INSERT INTO dead_letter (id, consumer, topic, partition, record_offset, key, value, reason, record_timestamp)
       SELECT consumer || n, consumer, $1, 0, n, 'default/bike', CASE WHEN n = 1 THEN NULL ELSE 'bytes'::bytea END, 'x', now()
         FROM unnest(ARRAY['geofence', 'history']) AS c (consumer), generate_series(0, 3) AS n`,
      [HEARTBEATS_TOPIC],
    );
    await dlqReplay(env(), { all: true, rate: 3 }, print);
    expect(printed).toEqual({ records: 3, withoutContent: 1, dryRun: false });
    await dlqReplay(env(), { all: true, rate: 200 }, print);
    expect(printed).toEqual({ records: 0, withoutContent: 1, dryRun: false });
  });
});

describe('corral offsets', () => {
  it('lets a parked partition flow again where it stands, once the reason is mended', async () => {
    await append([...poison(101), 'good']);
    const running = await consume();
    await eventually('it is parked', async () => (await place())?.parked_reason != null);
    await offsetsShow(env(), { consumer: 'geofence', partition: 0 }, print);
    expect(printed.items).toMatchObject([
      { nextOffset: 99, start: 0, end: 102, lag: 3, parked: expect.stringContaining('100 records in a row') },
    ]);
    const reset = { consumer: 'geofence', partition: 0, to: 'here' as const };
    expect(await offsetsReset(env(), reset, print)).toBe(false);
    expect(printed).toMatchObject({ done: false, items: [{ kind: 'move', from: 99, to: 99 }] });
    expect((await place())?.parked_reason).not.toBeNull();

    mended = true;
    expect(await offsetsReset(env(), { ...reset, yes: true }, print)).toBe(true);
    await through(102);
    expect(running.parked()).toEqual([]);
    expect(await effects()).toBe(3);
    await dlqReplay(env(), { all: true, rate: 1_000 }, print);
    await through(201);
    expect(await effects()).toBe(102);
  });

  it('names the gap when records are gone, and what is skipped', async () => {
    await append(['a', 'b', 'c']);
    const before = await consume();
    await through(3);
    await before.stop();
    await server.database.query('UPDATE partition_owner SET next_offset = 1');
    await server.database.query('UPDATE log_partition SET start_offset = 2 WHERE topic = $1 AND partition = 0', [
      HEARTBEATS_TOPIC,
    ]);
    const running = await consume();
    await eventually('it is parked', () => running.parked().length > 0);
    await offsetsShow(env(), { consumer: 'geofence', partition: 0 }, print);
    expect(printed.items[0]).toMatchObject({
      lag: null,
      problem: 'records 1 to 1 are gone: retention passed this consumer',
    });
    const reset = { consumer: 'geofence', partition: 0, yes: true };
    await expect(offsetsReset(env(), { ...reset, to: 'here' }, print)).rejects.toThrow(
      'it cannot go on where it stands',
    );
    await expect(offsetsReset(env(), { ...reset, to: 9 }, print)).rejects.toThrow('which holds 2 to 2');
    await offsetsReset(env(), { ...reset, to: 'end' }, print);
    expect(printed.items[0]).toMatchObject({ gone: { first: 1, last: 1 }, skipped: { first: 2, last: 2 } });
    await append(['d']);
    await through(4);
  });

  it('moves a partition that flows only when forced, and its owner lets go at once', async () => {
    await append(['a', 'b', 'c']);
    await consume();
    await through(3);
    const reset = { consumer: 'geofence', partition: 0, to: 'start' as const, yes: true };
    await expect(offsetsReset(env(), reset, print)).rejects.toThrow('--force');
    const before = (await place())!.epoch;
    await server.database.query('TRUNCATE effect');
    await offsetsReset(env(), { ...reset, force: true }, print);
    expect(printed.items[0]).toMatchObject({ from: 3, to: 0, again: { first: 0, last: 2 } });
    await eventually('all is read again', async () => (await effects()) === 3);
    expect((await place())!.epoch).toBeGreaterThanOrEqual(before + 2);
    await expect(offsetsReset(env(), { ...reset, consumer: 'nobody' }, print)).rejects.toThrow('only geofence');
  });
});
