import { CONSUMERS, HEARTBEATS_TOPIC } from '@corral/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { openEvidence, type Evidence } from '../check/open-evidence';
import type { RelFolder } from '../rel-folder';
import { readMetric } from './ask-service';
import { expectZeros } from './expect-zeros';
import { startLoad, type Load } from './load';
import { countRefusals, ownerlessTimes, readOwnership, showOwnerless, type OwnershipMark } from './ownership';
import { playScenario, type ScenarioOptions, type Stage } from './scenario';
import { until } from './until';

/** How `rel zombie` was called. */
export interface ZombieOptions extends ScenarioOptions {
  readonly rate: number;
  /** How long the owner stands still. */
  readonly pauseMs: number;
  /** For how long a third consumer comes and goes; and how often. */
  readonly flapForMs: number;
  readonly flapEveryMs: number;
}

const PARTITIONS = 6;
/** After three minutes of changing hands there is something left to read. */
const CATCH_UP_MS = 300_000;
const INSTANCES = ['geofence', 'geofence-2', 'geofence-3'];
/** Where it was asleep decides whether it still had something to write: then it is put to sleep again, but not for ever. */
const MOST_PAUSES = 3;

/**
 * Two consumers share the partitions; one is stopped in the middle of its work, the other one takes everything, and then the first one goes on where it
 * stopped, believing that it still owns what it read. After that a third one joins and leaves, again and again.
 */
export function zombie(folder: RelFolder, options: ZombieOptions): Promise<boolean> {
  return playScenario(folder, { partitions: PARTITIONS }, options, async (stage) => {
    await stage.order({ do: 'start', parts: ['geofence-2'] });
    const evidence = await openEvidence(folder);
    const seconds = (MOST_PAUSES * (options.pauseMs + 30_000) + options.flapForMs + 300_000) / 1_000;
    const load = startLoad(stage, {
      n: Math.ceil(options.rate * seconds),
      rate: options.rate,
      leastN: (options.rate * (options.pauseMs + options.flapForMs)) / 2_000,
    });
    try {
      await Promise.race([load.done, pauseAnOwner(stage, evidence, load, options.pauseMs)]);
      await Promise.race([load.done, comeAndGo(stage, options)]);
    } finally {
      await evidence.close();
    }
    await expectZeros(stage, [await load.stop()], CATCH_UP_MS);
  });
}

async function pauseAnOwner(stage: Stage, evidence: Evidence, load: Load, pauseMs: number): Promise<void> {
  const { folder, env, order, verdict, say } = stage;
  const began = Date.now();
  let refused = 0;
  let counted = 0;
  let pauses = 0;
  while (refused === 0 && pauses < MOST_PAUSES && !stage.abort.aborted) {
    pauses += 1;
    const shared = await untilShared(evidence);
    verdict.that(
      'two consumers share the partitions',
      shared !== undefined,
      pauses > 1 ? `again, pause ${pauses}` : undefined,
    );
    const from = load.acknowledged();
    await until(() => load.acknowledged() > from + 500, 30_000);
    const owned = await ownersOf(evidence);
    const sleeper = await processOf(stage, 'geofence');
    const its = [...owned].flatMap(([owner, partitions]) => (owner.endsWith(`:${sleeper}`) ? partitions : []));
    const metricBefore = await readMetric(env.GEOFENCE_MGMT!, 'corral_consumer_fenced_total');
    say(`geofence (pid ${sleeper}) stands still with partitions ${its.join(', ')}`);
    const midway = await stopMidway(stage, evidence, its[0]);
    const stopped = Date.now();
    verdict.fact(midway ? 'it was stopped with a transaction open' : 'it was stopped between two transactions');
    const taken = await until(async () => (await ownersOf(evidence)).size === 1, pauseMs);
    await sleep(Math.max(0, stopped + pauseMs - Date.now()));
    const owners = await ownersOf(evidence);
    verdict.that(
      'the other one took every partition meanwhile',
      taken !== undefined &&
        its.length > 0 &&
        [...owners.values()].every((partitions) => partitions.length === PARTITIONS),
      `after ${taken} ms, ${its.length} of ${PARTITIONS} were the sleeper's`,
    );
    const woken = Date.now();
    await order({ do: 'signal', parts: ['geofence'], signal: 'SIGCONT' });
    await until(() => countRefusals(folder, ['geofence'], woken) > 0, 15_000);
    await sleep(1_000);
    refused = countRefusals(folder, ['geofence'], woken);
    counted = (await readMetric(env.GEOFENCE_MGMT!, 'corral_consumer_fenced_total')) - metricBefore;
    say(`geofence goes on after ${woken - stopped} ms: refused ${refused} times`);
    const asleep: OwnershipMark[] = its.map((partition) => ({ at: stopped, partition, what: 'left', epoch: Infinity }));
    const marks = [...readOwnership(folder, INSTANCES, CONSUMERS.geofence), ...asleep].sort((a, b) => a.at - b.at);
    const span = { from: stopped, to: woken };
    verdict.fact(showOwnerless(ownerlessTimes(marks, span), PARTITIONS, woken - stopped));
  }
  verdict.that(
    'the commit of the one that slept was refused, and its log says so',
    refused > 0,
    `FENCED ${refused} times, ${pauses} pause${pauses === 1 ? '' : 's'} in ${Math.round((Date.now() - began) / 1_000)} s`,
  );
  verdict.that('its metric says so as well', counted > 0, `corral_consumer_fenced_total + ${counted}`);
  const again = await untilShared(evidence);
  verdict.that('both share the partitions again', again !== undefined, `${again} ms later`);
}

/**
 * Stops geofence when it has written everything of a flush and asks for the fence of a partition, which we hold until it sleeps: what it was about to commit
 * it will try to commit when it wakes up. Answers whether it came that far; it is stopped in any case.
 */
async function stopMidway({ order }: Stage, { database }: Evidence, partition: number | undefined): Promise<boolean> {
  const stop = () => order({ do: 'signal', parts: ['geofence'], signal: 'SIGSTOP' });
  return database.transaction(async (tx) => {
    await tx.query('SELECT FROM partition_owner WHERE consumer = $1 AND topic = $2 AND partition = $3 FOR UPDATE', [
      ...[CONSUMERS.geofence, HEARTBEATS_TOPIC, partition ?? 0],
    ]);
    const waits = await until(async () => {
      const { rows } = await tx.query<{ waiting: number }>(
        'SELECT count(*) AS waiting FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))',
      );
      return rows[0]!.waiting > 0;
    }, 5_000);
    await stop();
    return waits !== undefined;
  });
}

/** Until two own partitions, and have for a moment: a group that is just being shared out says so as well. */
async function untilShared(evidence: Evidence): Promise<number | undefined> {
  let [since, seen] = [0, ''];
  return until(async () => {
    const owners = await ownersOf(evidence);
    const now = JSON.stringify([...owners]);
    if (owners.size !== 2 || now !== seen) [since, seen] = [performance.now(), now];
    return owners.size === 2 && performance.now() - since > 3_000;
  }, 90_000);
}

async function comeAndGo(stage: Stage, { flapForMs, flapEveryMs }: ZombieOptions): Promise<void> {
  const { folder, order, verdict, say, abort } = stage;
  const from = Date.now();
  let joined = 0;
  while (Date.now() < from + flapForMs && !abort.aborted) {
    for (const act of ['start', 'stop'] as const) {
      const began = Date.now();
      await order({ do: act, parts: ['geofence-3'] });
      await sleep(Math.max(0, began + flapEveryMs - Date.now()));
    }
    joined += 1;
    say(`geofence-3 joined and left ${joined} times`);
  }
  const to = Date.now();
  verdict.that(
    'a third consumer joined and left again and again',
    joined > 0,
    `${joined} times in ${Math.round((to - from) / 1_000)} s`,
  );
  const times = ownerlessTimes(readOwnership(folder, INSTANCES, CONSUMERS.geofence), { from, to });
  verdict.fact(showOwnerless(times, PARTITIONS, to - from));
}

/** By owner, as `host:pid`, the partitions that it claimed last. */
async function ownersOf({ database }: Evidence): Promise<ReadonlyMap<string, readonly number[]>> {
  const { rows } = await database.query<{ owner: string; partition: number }>(
    'SELECT owner, partition FROM partition_owner WHERE consumer = $1 AND topic = $2 ORDER BY partition',
    [CONSUMERS.geofence, HEARTBEATS_TOPIC],
  );
  const owners = new Map<string, number[]>();
  for (const { owner, partition } of rows) owners.set(owner, [...(owners.get(owner) ?? []), partition]);
  return owners;
}

async function processOf({ order }: Stage, part: string): Promise<number | undefined> {
  const { parts } = await order({ do: 'status' });
  return parts?.find((one) => one.part === part)?.pids[0];
}
