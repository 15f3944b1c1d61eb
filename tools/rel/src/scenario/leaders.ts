import { HEARTBEATS_TOPIC } from '@corral/contracts';
import { untilCopiesInSync } from '@corral/messaging/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelFolder } from '../rel-folder';
import { expectZeros } from './expect-zeros';
import { startLoad, type Load } from './load';
import { longestWithout202, refusingWindows, sentWithin, showStatuses, slowestMs } from './observed-answers';
import { playScenario, type ScenarioOptions, type Stage } from './scenario';
import { until } from './until';

/** How `rel leaders` was called. */
export interface LeadersOptions extends ScenarioOptions {
  readonly rate: number;
  /** How long a broker stays down, and how long two are. */
  readonly downMs: number;
}

const BROKERS = [1, 2, 3] as const;
/** What the loss of one broker of three may cost. */
const MOST_REFUSING_MS = 15_000;
/** Eight for the first deadline of an append, and what a request in flight adds to it. */
const FIRST_DEADLINE_MS = 10_000;
const BACK_WITHIN_MS = 30_000;
/** Three brokers beside everything else leave consumers little. */
const CATCH_UP_MS = 300_000;

/**
 * Three brokers, every partition on all of them, two must be in sync. Each goes in turn, so that each partition's leader moves several times in the middle of
 * appends that span partitions: killed first, then stopped in good order as in a rolling restart. At last two at once: then nothing may be acknowledged.
 */
export function leaders(folder: RelFolder, options: LeadersOptions): Promise<boolean> {
  // No consumer is killed here: the session is that of a real installation, so that a coordinator that moves does not cost them their partitions.
  return playScenario(folder, { brokers: BROKERS.length, sessionTimeout: '10s' }, options, async (stage) => {
    const { rate, downMs } = options;
    const seconds = (2 * BROKERS.length + 2) * (downMs / 1_000 + 60) + 120;
    // Twenty heartbeats of ten vehicles a request: it spans partitions of several leaders.
    const load = startLoad(stage, {
      ...{ n: Math.ceil(rate * seconds), rate, batch: 20, spread: 10, longestPauseMs: 250 },
      leastN: rate * 30,
    });
    await Promise.race([load.done, strikeAll(stage, load, downMs)]);
    await expectZeros(stage, [await load.stop()], CATCH_UP_MS);
  });
}

async function strikeAll(stage: Stage, load: Load, downMs: number): Promise<void> {
  await until(() => load.acknowledged() > 0, 60_000);
  for (const signal of ['SIGKILL', 'SIGTERM'] as const)
    for (const broker of BROKERS) if (!stage.abort.aborted) await strikeOne(stage, load, broker, signal, downMs);
  if (!stage.abort.aborted) await strikeTwo(stage, load, downMs);
}

async function strikeOne(
  stage: Stage,
  load: Load,
  broker: number,
  signal: NodeJS.Signals,
  downMs: number,
): Promise<void> {
  const { order, verdict, say } = stage;
  await inSync(stage);
  const from = Date.now();
  const part = `kafka-${broker}`;
  await order({ do: 'strike', part, signal, downMs, restart: true });
  await inSync(stage);
  const span = { from, to: Date.now() };
  const seen = load.answers.filter(({ at }) => at >= from && at <= span.to);
  const windows = refusingWindows(load.answers, span);
  const longest = Math.max(0, ...windows);
  say(`${part} is back and in sync ${span.to - from} ms after ${signal}`);
  verdict.that(
    `${signal} of broker ${broker}: no window of 503 is longer than ${MOST_REFUSING_MS / 1_000} s`,
    longest < MOST_REFUSING_MS && seen.some(({ status }) => status === 202),
    `${windows.length} windows of 503, the longest ${longest} ms; at most ${longestWithout202(load.answers, span)} ms without a 202; ${showStatuses(seen)}; back in sync after ${Math.round((span.to - from) / 1_000)} s`,
  );
}

async function strikeTwo(stage: Stage, load: Load, downMs: number): Promise<void> {
  const { order, verdict } = stage;
  const dead = ['kafka-1', 'kafka-2'];
  await inSync(stage);
  const from = Date.now();
  for (const part of dead) await order({ do: 'strike', part, signal: 'SIGKILL', downMs: 0, restart: false });
  const struck = Date.now();
  await sleep(FIRST_DEADLINE_MS + downMs);
  const span = { from: struck + FIRST_DEADLINE_MS, to: Date.now() };
  const first = sentWithin(load.answers, { from, to: span.from });
  const seen = sentWithin(load.answers, span);
  verdict.that(
    'two of three dead: only 503, each within 2 s',
    seen.length > 0 && seen.every(({ status, tookMs }) => status === 503 && tookMs < 2_000),
    `${showStatuses(seen)}, the slowest took ${Math.round(slowestMs(seen))} ms; of those sent before, ${Math.round(slowestMs(first))} ms`,
  );
  const startedAt = Date.now();
  await order({ do: 'start', parts: dead });
  const readyAt = Date.now();
  const back = await until(
    () => load.answers.some(({ at, status }) => at > startedAt && status === 202),
    BACK_WITHIN_MS,
  );
  const first202 = load.answers.find(({ at, status }) => at > startedAt && status === 202)?.at ?? Infinity;
  verdict.that(
    `202 again within ${BACK_WITHIN_MS / 1_000} s`,
    back !== undefined && first202 - readyAt < BACK_WITHIN_MS,
    `${first202 - startedAt} ms after the brokers were started, which took ${readyAt - startedAt} ms`,
  );
  await inSync(stage);
}

function inSync({ env }: Stage): Promise<void> {
  return untilCopiesInSync(env.KAFKA_BROKERS!.split(','), HEARTBEATS_TOPIC);
}
