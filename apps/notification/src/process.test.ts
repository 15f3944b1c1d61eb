import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { encodeEvent, eventDataOf, EVENTS_TOPIC, TOPICS, vehicleKey } from '@corral/contracts';
import { PARTITIONS_SETTING, pinSetting } from '@corral/database';
import { startTestDatabase, type TestDatabase } from '@corral/database/testing';
import { connectPostgresLog, createPostgresTopicAdmin, type EventLog } from '@corral/messaging';
import { eventually } from '@corral/messaging/testing';
import { silentLogger } from '@corral/runtime/testing';
import { aViolation } from './testing/some-facts';
import { startWebhookReceiver, type Answer, type WebhookReceiver } from './testing/webhook-receiver';

const APP = path.resolve(__dirname, '..');
const never = new AbortController().signal;

let postgres: TestDatabase;
let log: EventLog;
let receiver: WebhookReceiver;
let answer: Answer;
/** That of the process, however often it is started. */
let port: number;
const children: ChildProcess[] = [];

beforeAll(async () => {
  execFileSync(process.execPath, [path.join(APP, '../../tools/build/bundle.mjs'), 'notification']);
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  port = (free.address() as AddressInfo).port;
  await new Promise((resolve) => free.close(resolve));
  postgres = await startTestDatabase();
  const { database } = postgres;
  await createPostgresTopicAdmin(database).ensureTopics(TOPICS, 4, never);
  await pinSetting(database, PARTITIONS_SETTING, '4');
  log = await connectPostgresLog({ database, logger: silentLogger });
  receiver = await startWebhookReceiver(() => answer);
  await database.query(`INSERT INTO fleet (id, name) VALUES ('f1', 'One')`);
  await database.query(
    `INSERT INTO webhook_endpoint (fleet_id, id, url, types, secret) VALUES ('f1', 'whe_one', $1, '{alert.opened}', 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')`,
    [receiver.url],
  );
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await log.close();
  await receiver.stop();
  await postgres.stop();
});

/** The service as it is deployed. */
function start(): { child: ChildProcess; ended: Promise<number | null>; output: () => string } {
  const env = {
    DATABASE_URL: postgres.url,
    MANAGEMENT_PORT: `${port}`,
    HOST: '127.0.0.1',
    DRAIN_MS: '0',
    CORRAL_WEBHOOK_ALLOW_PRIVATE: '127.0.0.0/8',
  };
  const child = spawn(process.execPath, [path.join(APP, 'dist/main.cjs'), 'notification'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (output += chunk));
  return { child, ended: once(child, 'exit').then(([code]) => code as number | null), output: () => output };
}

async function happen(id: string): Promise<void> {
  const fact = aViolation({ id, vehicleId: id });
  const event = {
    type: 'violation.opened',
    fleetId: 'f1',
    partition: 0,
    seq: 1,
    data: eventDataOf(fact, fact.openedAt),
  };
  await log.append(
    EVENTS_TOPIC,
    [{ key: vehicleKey('f1', id), value: encodeEvent(event), timestamp: Date.now() }],
    never,
  );
}

const statusOf = async (webhookId: string) => {
  const { rows } = await postgres.database.query<{ status: string }>(
    'SELECT status FROM delivery WHERE webhook_id = $1',
    [webhookId],
  );
  return rows[0]?.status;
};

describe('the notification process', () => {
  it('killed while a receiver had not yet answered tells the same again after its restart; told to stop, it exits 0', async () => {
    answer = undefined; // the receiver hears, and says nothing
    const first = start();
    await happen('vio_a');
    await eventually('the receiver hears of it', () => receiver.hits.length === 1);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(await statusOf('alt_a_r1')).toBe('pending');

    answer = { status: 200 };
    // Not when its lease ends, a minute later: the process that comes back takes up what it was telling.
    const second = start();
    await eventually('it is delivered', async () => (await statusOf('alt_a_r1')) === 'delivered');
    expect(receiver.ids()).toEqual(['alt_a_r1', 'alt_a_r1']);
    expect(receiver.hits[1]!.text).toBe(receiver.hits[0]!.text);

    await happen('vio_b');
    await eventually('the next is delivered too', async () => (await statusOf('alt_b_r1')) === 'delivered');
    second.child.kill('SIGTERM');
    expect(await second.ended).toBe(0);
    expect(second.output()).not.toMatch(/whsec_|"level":"error"/);
  });

  it('refuses to start with an allowance that is no network, in one sentence', () => {
    const env = { DATABASE_URL: postgres.url, CORRAL_WEBHOOK_ALLOW_PRIVATE: 'localhost' };
    let said = '';
    try {
      execFileSync(process.execPath, [path.join(APP, 'dist/main.cjs')], { env, stdio: 'pipe' });
    } catch (error) {
      said = String((error as { stderr: Buffer }).stderr);
    }
    expect(said).toBe(
      'CORRAL_WEBHOOK_ALLOW_PRIVATE must be networks such as 10.0.0.0/8 or fd00::/8, separated by commas, not "localhost"\n',
    );
  });
});
