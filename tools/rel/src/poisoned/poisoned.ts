import { CONSUMERS, HEARTBEATS_TOPIC, vehicleKey } from '@corral/contracts';
import { kafkaTopicSurgery } from '@corral/messaging/testing';
import { importZones } from '../gen/import-zones';
import { CENTRE, REACH } from '../gen/rel-zones';
import type { RelFolder } from '../rel-folder';
import { FLEET, nextOffsetOf, operate, type Operator } from '../scenario/operate';
import { playScenario, type ScenarioOptions, type Stage } from '../scenario/scenario';

/** A dead letter must be there, and the record behind it decided, within so long. */
const SOON_MS = 5_000;
/** How long anything else may take that only has to happen. */
const PATIENCE_MS = 60_000;

/** Two consumers read the heartbeats; each sets aside for itself. */
const READERS = [CONSUMERS.geofence, CONSUMERS.history];

/**
 * `rel poisoned`: everything that can be wrong with a topic, one thing after another, on a fresh rig: records that nobody can use, a bad release, a sick
 * bike, a replay, a retention that passed a consumer, a topic that was deleted and made again.
 */
export function poisoned(folder: RelFolder, options: ScenarioOptions): Promise<boolean> {
  return playScenario(folder, {}, options, async (stage) => {
    const rig = await operate(stage);
    const play: Play = { ...rig, judge: stage.verdict.that };
    try {
      await importZones(rig.gateway, Date.now() + 3_600_000, 3_600_000);
      await unusableRecords(play);
      await sickBike(play);
      await badRelease(play);
      await retentionPassed(play);
      await topicMadeAnew(play);
    } finally {
      await rig.close();
    }
  });
}

interface Play extends Operator {
  readonly judge: Stage['verdict']['that'];
}

/** Garbage, nothing, a tombstone and a megabyte: each is set aside at once, and what comes behind is decided. */
async function unusableRecords(stage: Play): Promise<void> {
  const partition = 0;
  const began = performance.now();
  const [bike, ...others] = stage.vehiclesOf(partition, 5, 'unusable');
  const surgery = kafkaTopicSurgery(stage.env.KAFKA_BROKERS!.split(','));
  await append(stage, partition, [
    { vehicleId: others[0]!, value: Buffer.from([0xff, 0xfe, 0x00, 0x7b]) },
    { vehicleId: others[1]!, value: Buffer.alloc(0) },
    { vehicleId: others[2]!, value: Buffer.from(`{"kind":"report","filler":"${'!'.repeat(1_000_000)}"}`) },
  ]);
  await surgery.appendTombstone(HEARTBEATS_TOPIC, partition, vehicleKey(FLEET, others[3]!));
  await ride(stage, bike!, [0]);
  for (const consumer of READERS) {
    await stage.within(SOON_MS, async () => (await deadLetters(stage, consumer, partition)).length === 4);
    const after = Math.round(performance.now() - began);
    const letters = await deadLetters(stage, consumer, partition);
    const reasons = letters.map(({ reason, bytes }) => `${reason} (${bytes ?? 'no'} bytes)`).join(', ');
    stage.judge(
      `garbage, nothing, a tombstone and 1 MB are dead letters of ${consumer} within 5 s`,
      letters.length === 4 && after <= SOON_MS,
      `${letters.length} after ${after} ms: ${reasons}`,
    );
  }
  const decided = await stage.within(SOON_MS, async () => (await eventsOf(stage, bike!)) > 0);
  stage.judge('the bike behind them is decided within 5 s', decided !== undefined, `${decided ?? '> 5000'} ms`);
}

/** More than 20 in a row of one bike: it alone is set aside, and what it said meanwhile is replayed once it is mended. */
async function sickBike(stage: Play): Promise<void> {
  const partition = 1;
  const [sick, well] = stage.vehiclesOf(partition, 2, 'sick');
  await append(
    stage,
    partition,
    Array.from({ length: 101 }, () => ({ vehicleId: sick!, value: GARBAGE })),
  );
  await ride(stage, well!, [0, 1]);
  const decided = await stage.within(SOON_MS, async () => (await eventsOf(stage, well!)) > 0);
  const aside = await stage.metric('geofence', 'corral_consumer_vehicles_set_aside');
  stage.judge(
    '101 in a row of one bike: it alone is set aside, its neighbour is decided',
    decided !== undefined && aside === 1,
    `neighbour after ${decided ?? '> 5000'} ms, ${aside} set aside`,
  );
  stage.judge(
    'a sick bike turns nothing red',
    (await stage.readiness('geofence')).status === 200,
    `/readyz ${(await stage.readiness('geofence')).status}`,
  );

  // It is mended and rides out of the area and back; nobody listens to it yet.
  await ride(stage, sick!, [0, 3, 0]);
  const kept = await stage.within(PATIENCE_MS, async () =>
    (await Promise.all(READERS.map((consumer) => deadLettersOf(stage, consumer, sick!, 'vehicle_set_aside')))).every(
      (count) => count >= 3,
    ),
  );
  const before = await eventsOf(stage, sick!);
  stage.judge(
    'what a set-aside bike says is kept as dead letters, and decides nothing',
    kept !== undefined && before === 0,
    `${await deadLettersOf(stage, CONSUMERS.geofence, sick!, 'vehicle_set_aside')} kept by geofence, ${before} events`,
  );

  await Promise.all(
    ['geofence', 'history'].map((service) => stage.strike(service, { signal: 'SIGTERM', downMs: 0, restart: true })),
  );
  const replays = [];
  for (const again of [[], ['--again']]) {
    // What was garbage stays garbage: only what it said while set aside is worth it, the last three of its records.
    const replay = await stage.corral(
      'dlq',
      'replay',
      '--consumer',
      'geofence',
      '--reason',
      'vehicle_set_aside',
      '--vehicle',
      sick!,
      ...again,
    );
    const settled = await stage.within(
      PATIENCE_MS,
      async () => (await caughtUp(stage, partition)) && (await trackOf(stage, sick!)) === 3,
    );
    replays.push({ replay, settled, ...(await effectsOf(stage, sick!)) });
  }
  const [first, second] = replays;
  stage.judge(
    'a replay brings its effects',
    first!.settled !== undefined && first!.events >= 2,
    `${first!.replay.output.split('\n').at(-1)}: ${first!.events} events, ${first!.tellings} told, ${first!.track} points of track`,
  );
  stage.judge(
    'a second replay brings nothing more',
    JSON.stringify(effects(first!)) === JSON.stringify(effects(second!)),
    `${second!.replay.output.split('\n').at(-1)}: ${second!.events} events, ${second!.tellings} told, ${second!.track} points of track`,
  );
}

/** A hundred in a row of many vehicles are no sick bike but a bad release: the partition stands still until somebody has looked. */
async function badRelease(stage: Play): Promise<void> {
  const partition = 2;
  const [bike] = stage.vehiclesOf(partition, 1, 'behind');
  const [elsewhere] = stage.vehiclesOf(3, 1, 'elsewhere');
  const many = stage.vehiclesOf(partition, 7, 'release');
  await append(
    stage,
    partition,
    Array.from({ length: 101 }, (_, i) => ({ vehicleId: many[i % 7]!, value: GARBAGE })),
  );
  await ride(stage, bike!, [0]);
  const parked = await stage.within(PATIENCE_MS, async () =>
    (await Promise.all(READERS.map((consumer) => isParked(stage, consumer, partition)))).every(
      (reason) => reason !== undefined,
    ),
  );
  stage.judge(
    '101 in a row of 7 vehicles park the partition',
    parked !== undefined,
    `${await isParked(stage, CONSUMERS.geofence, partition)}`,
  );
  for (const service of ['geofence', 'history']) {
    const red = await stage.within(PATIENCE_MS, async () => (await stage.readiness(service)).status === 503);
    const { body } = await stage.readiness(service);
    stage.judge(
      `the readiness of ${service} is red and names the partition`,
      red !== undefined && body.includes(`${partition}`),
      body.slice(0, 160),
    );
  }
  const at = await nextOffsetOf(stage, CONSUMERS.geofence, partition);
  await ride(stage, elsewhere!, [0]);
  const flows = await stage.within(SOON_MS, async () => (await eventsOf(stage, elsewhere!)) > 0);
  stage.judge('the other partitions go on', flows !== undefined, `another one decided after ${flows ?? '> 5000'} ms`);
  const still = await nextOffsetOf(stage, CONSUMERS.geofence, partition);
  stage.judge(
    'nothing behind it is read or skipped',
    still === at && (await eventsOf(stage, bike!)) === 0,
    `stands at ${still}, ${await eventsOf(stage, bike!)} events behind it`,
  );

  for (const consumer of READERS)
    await stage.corral(
      'offsets',
      'reset',
      '--consumer',
      consumer,
      '--partition',
      `${partition}`,
      '--to',
      'here',
      '--yes',
    );
  const decided = await stage.within(PATIENCE_MS, async () => (await eventsOf(stage, bike!)) > 0);
  const letters = new Set((await deadLetters(stage, CONSUMERS.geofence, partition)).map(({ offset }) => offset));
  stage.judge(
    'released by hand it goes on where it stood: every record is decided or a dead letter',
    decided !== undefined && letters.size === 101,
    `${letters.size} dead letters, the bike behind them decided`,
  );
}

/** Retention deletes what a consumer has not read: it says exactly what is gone, and goes on only when told to. */
async function retentionPassed(stage: Play): Promise<void> {
  const partition = 4;
  const [bike] = stage.vehiclesOf(partition, 1, 'retained');
  await ride(stage, bike!, [0, 1]);
  await stage.within(PATIENCE_MS, () => caughtUp(stage, partition));
  await stage.stop('geofence');
  const next = await nextOffsetOf(stage, CONSUMERS.geofence, partition);
  await ride(stage, bike!, [3, 3, 0, 0]);
  const { end } = (await stage.log.bounds(HEARTBEATS_TOPIC, AbortSignal.timeout(10_000)))[partition]!;
  const kept = end - 1;
  await kafkaTopicSurgery(stage.env.KAFKA_BROKERS!.split(',')).forget(HEARTBEATS_TOPIC, partition, kept);
  // It does not get ready any more: what it waits for is an operator.
  const starting = stage.start('geofence').catch(() => undefined);
  const parked = await stage.within(
    PATIENCE_MS,
    async () => (await isParked(stage, CONSUMERS.geofence, partition)) !== undefined,
  );
  const reason = await isParked(stage, CONSUMERS.geofence, partition);
  stage.judge(
    'a retention that passed the consumer parks it, with the exact gap',
    parked !== undefined && reason!.includes(`records ${next} to ${kept - 1}`),
    `${reason}`,
  );
  await lookAndReset(stage, CONSUMERS.geofence, 'start', `${next} to ${kept - 1}`);
  const goesOn = await stage.within(PATIENCE_MS, () => caughtUp(stage, partition));
  await starting;
  stage.judge(
    'reset to the oldest record it goes on',
    goesOn !== undefined && (await stage.readiness('geofence')).status === 200,
    `after ${goesOn} ms`,
  );
}

/** A topic deleted and made again holds other records under the old offsets: nobody may go on by himself. */
async function topicMadeAnew(stage: Play): Promise<void> {
  const surgery = kafkaTopicSurgery(stage.env.KAFKA_BROKERS!.split(','));
  await surgery.deleteTopic(HEARTBEATS_TOPIC);
  const migrated = await stage.corral('migrate');
  if (migrated.status !== 0) throw new Error(`make the topic anew: ${migrated.output}`);
  for (const consumer of READERS) {
    const parked = await stage.within(
      PATIENCE_MS,
      async () => (await parkedPartitions(stage, consumer)).length === stage.log.partitions,
    );
    const reasons = await parkedPartitions(stage, consumer);
    stage.judge(
      `a topic deleted and made again parks ${consumer}`,
      parked !== undefined && reasons.every((reason) => /recreated|went back/.test(reason)),
      `${reasons.length} of ${stage.log.partitions} partitions: ${reasons[0]}`,
    );
  }
  const red = await stage.within(PATIENCE_MS, async () => (await stage.readiness('geofence')).status === 503);
  stage.judge('readiness is red meanwhile', red !== undefined, (await stage.readiness('geofence')).body.slice(0, 160));
  for (const consumer of READERS) await lookAndReset(stage, consumer, 'start', 'recreated');
  const bikes = Array.from(
    { length: stage.log.partitions },
    (_, partition) => stage.vehiclesOf(partition, 1, 'anew')[0]!,
  );
  for (const bike of bikes) await ride(stage, bike, [0]);
  const decided = await stage.within(PATIENCE_MS, async () =>
    (await Promise.all(bikes.map((bike) => eventsOf(stage, bike)))).every((count) => count > 0),
  );
  stage.judge(
    'after a reset to the start every partition decides again',
    decided !== undefined,
    `after ${decided ?? '> 60000'} ms`,
  );
}

/** `corral offsets show` must say what is wrong; `reset` without `--yes` moves nothing and says what it would mean; with it, it flows. */
async function lookAndReset(stage: Play, consumer: string, to: string, named: string): Promise<void> {
  const shown = await stage.corral('offsets', 'show', '--consumer', consumer);
  const reset = ['offsets', 'reset', '--consumer', consumer, '--all-parked', '--to', to];
  const asked = await stage.corral(...reset);
  const done = await stage.corral(...reset, '--yes');
  stage.judge(
    `\`corral offsets\` says what stands still for ${consumer} and resolves it`,
    shown.output.includes('PARKED') && shown.output.includes(named) && asked.status === 1 && done.status === 0,
    `${done.output.split('\n')[0]}`,
  );
}

const GARBAGE = Buffer.from('{ "this is": "not a heartbeat');

async function append(
  stage: Play,
  partition: number,
  records: readonly { vehicleId: string; value: Buffer }[],
): Promise<void> {
  for (const { vehicleId, value } of records)
    await stage.log.append(
      HEARTBEATS_TOPIC,
      [{ key: vehicleKey(FLEET, vehicleId), value, timestamp: Date.now(), partition }],
      AbortSignal.timeout(30_000),
    );
}

/** One heartbeat after the other, a second apart and up to now: `steps` in half widths of the service area from its middle (0 and 1 are in it, 3 is out). */
async function ride(stage: Play, vehicleId: string, steps: readonly number[]): Promise<void> {
  const from = lastRidden.get(vehicleId) ?? Date.now() - 60_000;
  const heartbeats = steps.map((step, i) => ({
    vehicleId,
    measuredAt: new Date(from + (i + 1) * 1_000).toISOString(),
    ...{ lat: CENTRE[1], lng: CENTRE[0] + step * REACH, state: 'on_trip' },
  }));
  lastRidden.set(vehicleId, from + steps.length * 1_000);
  for (let tries = 0; ; tries += 1) {
    const answer = await stage.ingestion.send('POST', '/v1/heartbeats', { heartbeats });
    if (answer.kind === 'answered' && answer.status === 202) return;
    if (tries > 60) throw new Error(`send heartbeats of ${vehicleId}: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const lastRidden = new Map<string, number>();

async function deadLetters({ database }: Play, consumer: string, partition: number) {
  const { rows } = await database.query<{ offset: number; reason: string; bytes: number | null }>(
    'SELECT record_offset AS offset, reason, length(value) AS bytes FROM dead_letter WHERE consumer = $1 AND topic = $2 AND partition = $3 ORDER BY record_offset',
    [consumer, HEARTBEATS_TOPIC, partition],
  );
  return rows;
}

async function deadLettersOf({ database }: Play, consumer: string, vehicleId: string, reason: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'SELECT count(*) AS count FROM dead_letter WHERE consumer = $1 AND key = $2 AND reason = $3',
    [consumer, vehicleKey(FLEET, vehicleId), reason],
  );
  return rows[0]!.count;
}

async function eventsOf({ database }: Play, vehicleId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'SELECT count(*) AS count FROM geofence_event WHERE vehicle_id = $1',
    [vehicleId],
  );
  return rows[0]!.count;
}

async function trackOf({ database }: Play, vehicleId: string): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    'SELECT count(*) AS count FROM track WHERE vehicle_id = $1',
    [vehicleId],
  );
  return rows[0]!.count;
}

/** All that a vehicle's heartbeats brought about. */
async function effectsOf(stage: Play, vehicleId: string) {
  const { rows } = await stage.database.query<{ facts: string | null; told: number }>(
    `SELECT (SELECT string_agg(id || ' r' || revision, ',' ORDER BY id) FROM (SELECT id, revision, vehicle_id FROM geofence_event UNION ALL SELECT id, revision, vehicle_id FROM violation) f WHERE vehicle_id = $1) AS facts,
            (SELECT count(*) FROM outbox WHERE vehicle_id = $1 AND consumer = 'geofence') AS told`,
    [vehicleId],
  );
  const events = await eventsOf(stage, vehicleId);
  return { events, facts: rows[0]!.facts, tellings: rows[0]!.told, track: await trackOf(stage, vehicleId) };
}

function effects({ events, facts, tellings, track }: Awaited<ReturnType<typeof effectsOf>>) {
  return { events, facts, tellings, track };
}

async function isParked({ database }: Play, consumer: string, partition: number): Promise<string | undefined> {
  const { rows } = await database.query<{ reason: string | null }>(
    'SELECT parked_reason AS reason FROM partition_owner WHERE consumer = $1 AND topic = $2 AND partition = $3',
    [consumer, HEARTBEATS_TOPIC, partition],
  );
  return rows[0]?.reason ?? undefined;
}

async function parkedPartitions({ database }: Play, consumer: string): Promise<readonly string[]> {
  const { rows } = await database.query<{ reason: string }>(
    'SELECT parked_reason AS reason FROM partition_owner WHERE consumer = $1 AND topic = $2 AND parked_reason IS NOT NULL ORDER BY partition',
    [consumer, HEARTBEATS_TOPIC],
  );
  return rows.map(({ reason }) => reason);
}

/** Whether both consumers have read a partition to its end. */
async function caughtUp(stage: Play, partition: number): Promise<boolean> {
  const { end } = (await stage.log.bounds(HEARTBEATS_TOPIC, AbortSignal.timeout(10_000)))[partition]!;
  const places = await Promise.all(READERS.map((consumer) => nextOffsetOf(stage, consumer, partition)));
  return places.every((place) => place >= end);
}
