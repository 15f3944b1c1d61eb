import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { createDeviceTokens, HEARTBEATS_TOPIC, TOPICS } from '@corral/contracts';
import { PARTITIONS_SETTING, pinSetting } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { connectEventLog, connectTopicAdmin, type EventLog } from '@corral/messaging';
import { eventually, kafkaAvailable, startKafkaBroker, type KafkaBroker } from '@corral/messaging/testing';
import { createMetrics, sha256Hex } from '@corral/runtime';
import { silentLogger } from '@corral/runtime/testing';
import { NO_KAFKA } from './testing/no-kafka';
import { shipProgram, type ShippedProgram } from './testing/shipped-program';

const KEY = 'crl_key_one';
const TOKEN_SECRET = 'a-secret-of-our-own-with-32-characters';
const device = { fleetId: 'default', vehicleId: 'bike-42' };
const { issue } = createDeviceTokens(TOKEN_SECRET);
const REVOKED = issue({ ...device, number: 1 });
const TOKEN = issue({ ...device, number: 2 });
const { signal } = new AbortController();

(kafkaAvailable() ? describe : describe.skip)('ingestion over a real Kafka', () => {
  let program: ShippedProgram;
  let broker: KafkaBroker;
  let postgres: TestDatabase;
  let log: EventLog;
  let sent = 0;

  beforeAll(async () => {
    [program, broker, postgres] = await Promise.all([shipProgram(), startKafkaBroker(), startTestDatabase()]);
    const { database } = postgres;
    const config = { ...NO_KAFKA, KAFKA_BROKERS: broker.bootstrap };
    await pinSetting(database, PARTITIONS_SETTING, '4');
    const admin = await connectTopicAdmin({ config, database, logger: silentLogger });
    await admin.ensureTopics(TOPICS, 4, signal);
    log = await connectEventLog({
      config,
      database,
      partitions: 4,
      clientId: 'test',
      logger: silentLogger,
      metrics: createMetrics(),
    });
    await database.query(`INSERT INTO fleet (id, name) VALUES ('default', 'Default')`);
    await database.query(
      `INSERT INTO api_key (fleet_id, key_id, hash, scopes) VALUES ('default', 'one', decode($1, 'hex'), '{heartbeats:write}')`,
      [sha256Hex(KEY)],
    );
    await database.query(
      `INSERT INTO device_token (fleet_id, vehicle_id, number, dies_at) VALUES ('default', 'bike-42', 1, now()), ('default', 'bike-42', 2, NULL)`,
    );
  }, 120_000);
  afterAll(async () => {
    program?.remove();
    await log?.close();
    await postgres?.stop();
    await broker?.stop();
  });

  async function startHttp(dataDir: string) {
    const http = program.run('http', {
      DATABASE_URL: postgres.url,
      KAFKA_BROKERS: broker.bootstrap.join(','),
      CORRAL_TOKEN_SECRET: TOKEN_SECRET,
      CORRAL_DATA_DIR: join(program.folder, dataDir),
      PORT: '0',
      MANAGEMENT_PORT: '0',
      HOST: '127.0.0.1',
      DRAIN_MS: '0',
    });
    const { url } = await http.logged('taking heartbeats in');
    async function post(key = KEY) {
      const began = performance.now();
      const answer = await fetch(`${url}/v1/heartbeats`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          vehicleId: key === KEY ? `bike-${sent % 11}` : undefined,
          measuredAt: Date.now() - 1,
          sequence: sent,
        }),
      });
      if (answer.status === 202) sent++;
      await answer.arrayBuffer();
      return {
        status: answer.status,
        retryAfter: Number(answer.headers.get('retry-after')),
        ms: performance.now() - began,
      };
    }
    return { ...http, post };
  }

  test('PostgreSQL away: heartbeats are taken as always, also after a restart; only an instance that knows nobody says 503', async () => {
    const first = await startHttp('kept');
    const statuses = async ({ post }: typeof first) => [
      (await post()).status,
      (await post(TOKEN)).status,
      (await post(REVOKED)).status,
    ];
    expect(await statuses(first)).toEqual([202, 202, 401]);
    process.kill(postgres.pid, 'SIGKILL');
    expect(await statuses(first)).toEqual([202, 202, 401]);

    first.child.kill('SIGKILL');
    await first.ended;
    const again = await startHttp('kept');
    expect(await statuses(again)).toEqual([202, 202, 401]);
    expect((await again.post('crl_key_made_since')).status).toBe(503);
    const stranger = await startHttp('empty');
    expect(await statuses(stranger)).toEqual([503, 503, 503]);
    expect(await stranger.post(TOKEN)).toMatchObject({ status: 503, retryAfter: expect.any(Number) });
    for (const { child } of [again, stranger]) child.kill('SIGTERM');
    expect([await again.ended, await stranger.ended]).toEqual([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ]);
  }, 60_000);

  test('Kafka away: 503 with Retry-After, soon at once, and 202 again without a restart; what was acknowledged is there', async () => {
    const http = await startHttp('kept');
    expect((await http.post()).status).toBe(202);
    await broker.kill();
    const first = await http.post();
    expect(first.status).toBe(503);
    expect(first.ms).toBeLessThan(10_000);
    const later = await http.post();
    expect(later.status).toBe(503);
    expect(later.ms).toBeLessThan(2_000);
    for (const { retryAfter } of [first, later]) expect([retryAfter >= 1, retryAfter <= 15]).toEqual([true, true]);

    await broker.restart();
    await eventually('heartbeats are taken again', async () => (await http.post()).status === 202);
    http.child.kill('SIGTERM');
    expect(await http.ended).toEqual({ code: 0, stderr: '' });

    const found = new Set<number>();
    for (let partition = 0; partition < log.partitions; partition++)
      for await (const { value } of log.read(HEARTBEATS_TOPIC, partition, 0, signal)) {
        const { sequence } = JSON.parse(value!.toString()) as { sequence?: number };
        if (sequence !== undefined) found.add(sequence);
      }
    expect([...found].filter((sequence) => sequence < sent)).toHaveLength(sent);
  }, 90_000);

  test.each(['killed', 'paused'] as const)(
    'Kafka %s under load: everybody is answered, told to come back at different times, and memory stays flat',
    async (how) => {
      const http = await startHttp('kept');
      const { url } = await http.logged('taking heartbeats in');
      const devices = 64;
      const answers: { at: number; status: number; retryAfter: number; ms: number }[] = [];
      let over = false;
      async function device(number: number) {
        const heartbeats = Array.from({ length: 100 }, (_, at) => ({
          vehicleId: `loaded-${number}`,
          measuredAt: Date.now() - at - 1,
          state: 'available',
        }));
        while (!over) {
          const began = performance.now();
          const { status, headers } = await fetch(`${url}/v1/heartbeats`, {
            method: 'POST',
            headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
            body: JSON.stringify({ heartbeats }),
          });
          const at = performance.now();
          answers.push({ at, status, retryAfter: Number(headers.get('retry-after')), ms: at - began });
          // A device that does not do what it is told.
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
      const since = (at: number) => answers.filter((answer) => answer.at >= at);
      const load = Promise.all(Array.from({ length: devices }, (_, number) => device(number)));
      await eventually('it is warm', () => answers.filter(({ status }) => status === 202).length > 5 * devices, 30_000);
      const before = residentMb(http.child.pid!);
      if (how === 'killed') await broker.kill();
      else broker.pause();
      const killed = performance.now();
      let most = 0;
      while (performance.now() - killed < AWAY_MS) {
        most = Math.max(most, residentMb(http.child.pid!));
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      const away = since(killed + 10_000);
      expect(away.length).toBeGreaterThan(10 * devices);
      expect(new Set(away.map(({ status }) => status))).toEqual(new Set([503]));
      expect(Math.max(...away.map(({ ms }) => ms))).toBeLessThan(2_000);
      expect([...new Set(away.map(({ retryAfter }) => retryAfter))].sort((a, b) => a - b)).toEqual(
        Array.from({ length: 15 }, (_, at) => at + 1),
      );
      expect(most - before).toBeLessThan(100);

      if (how === 'killed') await broker.restart();
      else broker.resume();
      const back = performance.now();
      await eventually('heartbeats are taken again', () => since(back).some(({ status }) => status === 202), 10_000);
      over = true;
      await load;
      http.child.kill('SIGTERM');
      expect(await http.ended).toEqual({ code: 0, stderr: '' });
      console.info(
        `${answers.length} answers, ${away.length} of them 503 after the first deadline, slowest ${Math.round(Math.max(...away.map(({ ms }) => ms)))} ms; ` +
          `${before} MB before, ${most} MB at most`,
      );
    },
    120_000,
  );
});

/** Longer than every deadline of ours, and than what one waits for in vain. */
const AWAY_MS = 20_000;

function residentMb(pid: number): number {
  const kilobytes = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Math.round(Number(kilobytes) / 1_024);
}
