import { CONSUMERS, HEARTBEATS_TOPIC } from '@corral/contracts';
import { committedOffsets } from '@corral/messaging/testing';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEvidence } from '../check/open-evidence';
import type { RelFolder } from '../rel-folder';
import { askManagement, readMetric, residentMb } from './ask-service';
import { expectZeros } from './expect-zeros';
import { startLoad, type Load } from './load';
import { sentWithin, showStatuses, slowestMs, type Span } from './observed-answers';
import { playScenario, type ScenarioOptions, type Stage } from './scenario';
import { until } from './until';

/** How `rel away` was called. */
export interface AwayOptions extends ScenarioOptions {
  readonly rate: number;
  readonly kafkaAwayMs: number;
  readonly kafkaPausedMs: number;
  readonly databaseAwayMs: number;
}

const SERVICES = ['ingestion', 'history', 'geofence', 'notification', 'gateway'];
/** What a request may wait for before anybody knows that Kafka has gone: the deadline of an append, and the way to it. */
const FIRST_DEADLINE_MS = 10_000;
const LATER_MS = 2_000;
const MOST_GROWTH_MB = 100;
const BACK_WITHIN_MS = 10_000;
/** What was under way when the database went is over by then. */
const SETTLED_MS = 7_000;

/** Kafka goes, falls silent, and comes back; PostgreSQL goes and comes back: under a load that does not do what `Retry-After` says. */
export function away(folder: RelFolder, options: AwayOptions): Promise<boolean> {
  return playScenario(folder, {}, options, async (stage) => {
    const { rate, kafkaAwayMs, kafkaPausedMs, databaseAwayMs } = options;
    await leaveASnapshot(stage);
    const seconds = (kafkaAwayMs + kafkaPausedMs + databaseAwayMs) / 1_000 + 300;
    const load = startLoad(stage, {
      ...{ n: Math.ceil(rate * seconds), rate, longestPauseMs: 250 },
      leastN: (rate * databaseAwayMs) / 2_000 || rate * 10,
    });
    const others: Load[] = [];
    const play = async () => {
      await until(() => load.acknowledged() > 2 * rate, 60_000);
      if (kafkaAwayMs > 0) await killKafka(stage, load, kafkaAwayMs);
      if (kafkaPausedMs > 0) await pauseKafka(stage, load, kafkaPausedMs);
      if (databaseAwayMs > 0) others.push(await killDatabase(stage, load, databaseAwayMs));
    };
    await Promise.race([load.done, play()]);
    const reports = await Promise.all([load, ...others].map((one) => one.stop()));
    const { parts } = await stage.order({ do: 'status' });
    const ended = parts?.filter(({ endedByItself }) => endedByItself > 0).map(({ part }) => part) ?? [];
    stage.verdict.that('no process ended', ended.length === 0, ended.join(', ') || undefined);
    await expectZeros(stage, reports);
  });
}

/** A second ingestion once ran here: what it knew lies on its disk. */
async function leaveASnapshot({ order, folder, verdict }: Stage): Promise<void> {
  const file = join(folder.data, 'ingestion-2', 'directory.json');
  await order({ do: 'start', parts: ['ingestion-2'] });
  await until(() => existsSync(file), 20_000);
  await order({ do: 'stop', parts: ['ingestion-2'] });
  verdict.that('a second ingestion left its directory snapshot behind', existsSync(file));
}

async function killKafka(stage: Stage, load: Load, downMs: number): Promise<void> {
  const watch = await watchMemory(stage, 'ingestion');
  const from = Date.now();
  const striking = stage.order({ do: 'strike', part: 'kafka', signal: 'SIGKILL', downMs, restart: true });
  await sleep(downMs - 1_000);
  await expectAlive(stage, 'Kafka killed');
  const { struck } = await striking;
  const readyAt = Date.now();
  const startedAt = readyAt - struck!.startMs!;
  expectRefusals(stage, load, `Kafka killed for ${downMs / 1_000} s`, { from, to: startedAt }, watch.stop());
  await expectBack(stage, load, 'Kafka killed', startedAt, readyAt);
}

async function pauseKafka(stage: Stage, load: Load, pausedMs: number): Promise<void> {
  await until(() => load.answers.slice(-200).every(({ status }) => status === 202), 30_000);
  const watch = await watchMemory(stage, 'ingestion');
  const from = Date.now();
  await stage.order({ do: 'signal', parts: ['kafka'], signal: 'SIGSTOP' });
  await sleep(pausedMs - 1_000);
  await expectAlive(stage, 'Kafka paused');
  await sleep(Math.max(0, from + pausedMs - Date.now()));
  const resumedAt = Date.now();
  await stage.order({ do: 'signal', parts: ['kafka'], signal: 'SIGCONT' });
  expectRefusals(stage, load, `Kafka paused for ${pausedMs / 1_000} s`, { from, to: resumedAt }, watch.stop());
  await expectBack(stage, load, 'Kafka paused', resumedAt, resumedAt);
}

function expectRefusals({ verdict }: Stage, load: Load, what: string, { from, to }: Span, grownMb: number): void {
  const first = sentWithin(load.answers, { from: from - 1_000, to: Math.min(from + FIRST_DEADLINE_MS, to) });
  const later = sentWithin(load.answers, { from: Math.min(from + FIRST_DEADLINE_MS, to - 5_000), to });
  const refused = [...first, ...later].filter(({ status }) => status === 503);
  verdict.that(
    `${what}: every request is answered, the first ones by the deadline`,
    first.length > 0 && first.every(({ status, tookMs }) => [202, 503].includes(status) && tookMs < FIRST_DEADLINE_MS),
    `${showStatuses(first)}, the slowest took ${Math.round(slowestMs(first))} ms`,
  );
  verdict.that(
    `${what}: later ones within ${LATER_MS / 1_000} s with 503`,
    later.length > 0 && later.every(({ status, tookMs }) => status === 503 && tookMs < LATER_MS),
    `${showStatuses(later)}, the slowest took ${Math.round(slowestMs(later))} ms`,
  );
  const waits = new Set(refused.map(({ retryAfterS }) => retryAfterS));
  verdict.that(
    `${what}: told to come back at different times`,
    refused.every(({ retryAfterS }) => retryAfterS >= 1 && retryAfterS <= 15) &&
      waits.size === Math.min(15, refused.length),
    `Retry-After took ${waits.size} values, ${Math.min(...waits)} to ${Math.max(...waits)} s, in ${refused.length} answers`,
  );
  verdict.that(`${what}: memory stays flat`, grownMb < MOST_GROWTH_MB, `ingestion grew by ${grownMb} MB`);
}

async function expectBack(
  { verdict }: Stage,
  load: Load,
  what: string,
  startedAt: number,
  readyAt: number,
): Promise<void> {
  const first = () => load.answers.find(({ at, status }) => at > startedAt && status === 202)?.at;
  await until(() => first() !== undefined, BACK_WITHIN_MS + 20_000);
  const at = first() ?? Infinity;
  verdict.that(
    `${what}: 202 again within ${BACK_WITHIN_MS / 1_000} s`,
    at - readyAt < BACK_WITHIN_MS,
    `${at - startedAt} ms after it was started${readyAt > startedAt ? `, which took ${readyAt - startedAt} ms by itself` : ''}`,
  );
}

/** Everything about PostgreSQL. Answers the load on the second ingestion, which still runs. */
async function killDatabase(stage: Stage, load: Load, downMs: number): Promise<Load> {
  const { order, env, verdict, seed, say } = stage;
  await until(() => load.answers.slice(-200).every(({ status }) => status === 202), 30_000);
  const from = Date.now();
  const striking = order({ do: 'strike', part: 'pg', signal: 'SIGKILL', downMs, restart: true });
  await sleep(SETTLED_MS);
  const before = await placesOf(stage);
  const starting = performance.now();
  await order({ do: 'start', parts: ['ingestion-2'] });
  verdict.fact(
    `an ingestion started without PostgreSQL was ready after ${Math.round(performance.now() - starting)} ms`,
  );
  const second = startLoad(stage, {
    seed: seed + 1,
    n: 100 * (downMs / 1_000 + 200),
    vehicles: 50,
    rate: 100,
    to: env.INGESTION_2,
    zones: false,
  });
  // It comes back by itself once PostgreSQL does: nobody waits for it here.
  const waiting = order({ do: 'start', parts: ['geofence-2'] });
  waiting.catch(() => undefined);
  await sleep(Math.max(0, from + downMs - 2_000 - Date.now()));
  await expectAlive(stage, 'PostgreSQL away');
  const [live, ready] = await Promise.all([
    askManagement(env.GEOFENCE_2_MGMT!, '/livez'),
    askManagement(env.GEOFENCE_2_MGMT!, '/readyz'),
  ]);
  verdict.that(
    'PostgreSQL away: a geofence that starts waits, alive and not ready',
    live.status === 200 && ready.status === 503,
    `livez ${live.status}, readyz ${ready.status} ${ready.text}`,
  );
  const after = await placesOf(stage);
  const to = Date.now();
  verdict.that(
    'PostgreSQL away: consumers stand still and their offsets do not move',
    JSON.stringify(after) === JSON.stringify(before) && before.records > 0,
    `${after.records} records taken before and after ${Math.round((to - from - SETTLED_MS) / 1_000)} s`,
  );
  const taken = sentWithin(load.answers, { from, to });
  const takenBySecond = sentWithin(second.answers, { from, to });
  for (const [who, answers] of [
    ['heartbeats are still taken', taken],
    ['also by an ingestion that started with a saved snapshot', takenBySecond],
  ] as const)
    verdict.that(
      `PostgreSQL away for ${downMs / 1_000} s: ${who}`,
      answers.length > 0 && answers.every(({ status, tookMs }) => status === 202 && tookMs < FIRST_DEADLINE_MS),
      `${showStatuses(answers)}, the slowest took ${Math.round(slowestMs(answers))} ms`,
    );
  await striking;
  const back = Date.now();
  say('PostgreSQL is back');
  const caughtUp = await untilNobodyIsBehind(stage);
  verdict.that(
    'PostgreSQL back: geofence and history catch up',
    caughtUp !== undefined,
    `their watermarks are of now ${Date.now() - back} ms later`,
  );
  await waiting;
  verdict.that(
    'PostgreSQL back: the geofence that waited is ready',
    (await askManagement(env.GEOFENCE_2_MGMT!, '/readyz')).status === 200,
  );
  return second;
}

/** Until the last thing that was read of every partition came in just now; ticks come every 5 s. */
async function untilNobodyIsBehind({ folder }: Stage): Promise<number | undefined> {
  const evidence = await openEvidence(folder);
  try {
    return await until(
      async () => {
        const { rows } = await evidence.database.query<{ behind: number }>(
          `SELECT count(*) FILTER (WHERE watermark IS NULL OR watermark < now() - interval '7 seconds') AS behind
             FROM partition_owner WHERE topic = $1`,
          [HEARTBEATS_TOPIC],
        );
        return rows[0]!.behind === 0;
      },
      120_000,
      250,
    );
  } finally {
    await evidence.close();
  }
}

/** How far consumers are, as they and Kafka say. */
async function placesOf({ env }: Stage): Promise<{ records: number; committed: readonly string[] }> {
  const counts = await Promise.all(
    [env.GEOFENCE_MGMT!, env.HISTORY_MGMT!].map((base) => readMetric(base, 'corral_consumer_records_total')),
  );
  const committed: string[] = [];
  for (const group of [CONSUMERS.geofence, CONSUMERS.history])
    for (const [partition, offset] of await committedOffsets(env.KAFKA_BROKERS!.split(','), group, HEARTBEATS_TOPIC))
      committed.push(`${group} ${partition} ${offset}`);
  return { records: counts.reduce((sum, one) => sum + one, 0), committed: committed.sort() };
}

async function expectAlive({ env, verdict }: Stage, what: string): Promise<void> {
  const answers = await Promise.all(
    SERVICES.map(async (service) => ({
      service,
      ...(await askManagement(env[`${service.toUpperCase()}_MGMT`]!, '/livez')),
    })),
  );
  const dead = answers.filter(({ status }) => status !== 200).map(({ service, status }) => `${service} ${status}`);
  verdict.that(`${what}: liveness is green everywhere`, dead.length === 0, dead.join(', ') || SERVICES.length);
}

/** Samples a service's memory until stopped; then answers how many megabytes it grew at most. */
async function watchMemory({ order }: Stage, service: string): Promise<{ stop(): number }> {
  const { parts } = await order({ do: 'status' });
  const pid = parts?.find(({ part }) => part === service)?.pids[0] ?? 0;
  const before = residentMb(pid);
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, residentMb(pid))), 250);
  return {
    stop() {
      clearInterval(timer);
      return before === 0 ? Infinity : most - before;
    },
  };
}
