import { decodeEvent, EVENTS_TOPIC, HEARTBEATS_TOPIC } from '@corral/contracts';
import { connectDatabase, type Database } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { silentLogger } from '@corral/runtime/testing';
import type { EventLog } from '../event-log';
import { consumeFenced, type FencedConsumption, type Flush } from '../fenced-consumer';
import { eventually } from '../testing/eventually';

const never = new AbortController().signal;

/** One process: its connections, its log, its consumer. */
interface Process {
  readonly name: string;
  readonly database: Database;
  readonly log: EventLog;
  readonly consumption: FencedConsumption;
}

/** The kind of log it all runs over, with its topics made, 4 partitions each. */
export interface FencedLogs {
  /** Opens the log as one process does, with quick rebalances. */
  open(database: Database): Promise<EventLog>;
  close(): Promise<void>;
}

/** What holds of fenced consumers over every real log: several processes, whose connections die and whose partitions wander. */
export function describeFencedConsumers(name: string, startLogs: (server: TestDatabase) => Promise<FencedLogs>): void {
  describe(`fenced consumers over ${name}`, () => {
    let server: TestDatabase;
    let logs: FencedLogs;
    const processes: Process[] = [];

    beforeAll(async () => {
      server = await startTestDatabase();
      logs = await startLogs(server);
      await server.database.query('CREATE TABLE effect (partition int, record_offset bigint)');
    });
    afterAll(async () => {
      for (const { consumption, log, database } of processes) {
        await consumption.stop();
        await log.close();
        await database.close();
      }
      await logs?.close();
      await server?.stop();
    });

    it('loses, doubles and invents nothing while connections die and partitions wander', async () => {
      const writer = await logs.open(server.database);
      const [one, two] = [await start('one'), await start('two')];
      await eventually(
        'they share',
        () => one.consumption.assigned().length === 2 && two.consumption.assigned().length === 2,
      );
      for (let round = 0; round < 15; round++) {
        for (let turn = 0; turn < 4; turn++)
          await writer.append(
            HEARTBEATS_TOPIC,
            Array.from({ length: 40 }, (_, at) => ({
              key: `almere/bike-${at}`,
              value: Buffer.from('x'),
              timestamp: Date.now(),
            })),
            never,
          );
        const victim = round % 2 ? one : two;
        // Every connection of one process dies: its flush, its reads, and the one that holds its locks.
        if (round % 3 === 0) await kill(victim);
        else if (round % 3 === 1) await victim.consumption.reassign();
      }
      await eventually('everything is written', async () => (await count('effect')) >= 2_400, 40_000);
      await eventually('everything is published', async () => {
        const { rows } = await server.database.query<{ done: boolean }>(
          `SELECT bool_and(published_seq = next_seq - 1) AS done FROM partition_owner WHERE consumer = 'geofence'`,
        );
        return rows[0]!.done;
      });
      const bounds = await writer.bounds(HEARTBEATS_TOPIC, never);
      expect(bounds.reduce((sum, { end }) => sum + end, 0)).toBe(2_400);
      for (const [partition, { end }] of bounds.entries()) {
        const { rows } = await server.database.query<{ record_offset: number }>(
          'SELECT record_offset FROM effect WHERE partition = $1 ORDER BY record_offset',
          [partition],
        );
        expect(rows.map(({ record_offset }) => record_offset)).toEqual(
          Array.from({ length: end }, (_, offset) => offset),
        );
        // Repeats are known numbers; new ones come in order, without a gap.
        let last = 0;
        for await (const { value } of writer.read(EVENTS_TOPIC, partition, 0, never)) {
          const decoded = decodeEvent(value);
          if (decoded.kind !== 'event') throw new Error(decoded.detail);
          expect(decoded.event).toMatchObject({ partition, data: { offset: decoded.event.seq - 1 } });
          expect(decoded.event.seq).toBeLessThanOrEqual(last + 1);
          last = Math.max(last, decoded.event.seq);
        }
        expect(last).toBe(end);
      }
      await writer.close();
    }, 90_000);

    it('hands the partitions of a process that leaves to the other within seconds', async () => {
      const [one, two] = processes as [Process, Process];
      await eventually(
        'they share',
        () => one.consumption.assigned().length === 2 && two.consumption.assigned().length === 2,
      );
      await two.consumption.stop();
      const began = Date.now();
      await eventually('one has them all', () => one.consumption.assigned().length === 4);
      expect(Date.now() - began).toBeLessThan(3_000);
    });

    async function start(name: string): Promise<Process> {
      const database = await connectDatabase({ url: server.url, application: name, poolSize: 5 });
      const log = await logs.open(database);
      const consumption = await consumeFenced({
        log,
        database,
        consumer: 'geofence',
        topic: HEARTBEATS_TOPIC,
        publishTo: EVENTS_TOPIC,
        logger: silentLogger,
        maxBatch: 9,
        write,
      });
      const process = { name, database, log, consumption };
      processes.push(process);
      return process;
    }

    async function kill({ name }: Process): Promise<void> {
      await server.database.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
        [name],
      );
    }

    async function count(table: string): Promise<number> {
      const { rows } = await server.database.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
      return rows[0]!.n;
    }
  });
}

async function write({ tx, partitions }: Flush): Promise<void> {
  for (const { records, publish } of partitions)
    for (const { partition, offset } of records) {
      publish({
        fleetId: 'almere',
        vehicleId: 'bike',
        type: 'violation.opened',
        id: `${partition}/${offset}`,
        revision: 1,
        data: { offset },
      });
    }
  const records = partitions.flatMap((share) => share.records);
  await tx.query('INSERT INTO effect SELECT * FROM unnest($1::int[], $2::bigint[])', [
    records.map(({ partition }) => partition),
    records.map(({ offset }) => offset),
  ]);
}
