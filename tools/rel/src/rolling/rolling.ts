import { setTimeout as sleep } from 'node:timers/promises';
import { check } from '../check/check';
import { judgeCheck } from '../check/judge-check';
import type { RelFolder } from '../rel-folder';
import { operate, type Operator } from '../scenario/operate';
import { startLoad } from '../scenario/load';
import { playScenario, type ScenarioOptions, type Stage } from '../scenario/scenario';
import { startSink } from '../sink/sink';
import { startFront } from './front';

/** How `rel rolling` was called. */
export interface RollingOptions extends ScenarioOptions {
  readonly n: number;
  readonly rate: number;
  readonly vehicles: number;
  readonly calm: number;
  readonly waitMs: number;
}

/** Whoever is told to end is gone within so long. */
const GONE_WITHIN_MS = 25_000;
/** Of all requests, those that may be answered 503; and those that may lose their connection. */
const MOST_REFUSED = 0.001;
/** Between one service and the next. */
const BREATH_MS = 1_000;

/**
 * `rel rolling`: SIGTERM to every service in turn under load, as a rollout does it: of ingestion, which people wait for, a second instance is ready before
 * the first one is told to end (`maxSurge: 1`), and a front sends new connections to whoever is ready; the others are restarted in place.
 */
export function rolling(folder: RelFolder, options: RollingOptions): Promise<boolean> {
  return playScenario(folder, { drainMs: 5_000 }, options, async (stage) => {
    const sink = await startSink(folder, []);
    const { env } = stage;
    const front = await startFront([
      { url: env.INGESTION!, management: env.INGESTION_MGMT! },
      { url: env.INGESTION_2!, management: env.INGESTION_2_MGMT! },
    ]);
    const operator = await operate(stage);
    try {
      await rollOut(stage, operator, front.url, options);
    } finally {
      await operator.close();
      await front.close();
      await sink.stop();
    }
  });
}

async function rollOut(stage: Stage, operator: Operator, to: string, options: RollingOptions): Promise<void> {
  const { n, rate, vehicles, calm } = options;
  const { verdict } = stage;
  const load = startLoad(stage, { n, rate, vehicles, calm, to, giveUpMs: 60_000 });
  await sleep(2 * BREATH_MS);

  await operator.start('ingestion-2');
  await sleep(BREATH_MS);
  await endInTurn(stage, operator, 'ingestion', false);
  await operator.start('ingestion');
  await sleep(BREATH_MS);
  await endInTurn(stage, operator, 'ingestion-2', false);
  for (const service of ['history', 'geofence', 'notification', 'gateway']) {
    await endInTurn(stage, operator, service, true);
    await sleep(BREATH_MS);
  }

  const loaded = await load.done;
  const unexpected = Object.entries(loaded.unexpected).map(([answer, count]) => `${count} times ${answer}`);
  verdict.that('every answer was a 2xx, a 429 or a 503', unexpected.length === 0, unexpected.join(', ') || 'no other');
  const { 503: refused = 0, 429: limited = 0, ...broken } = loaded.resent as Record<string, number>;
  const brokenOff = Object.values(broken).reduce((sum, one) => sum + one, 0);
  const most = MOST_REFUSED * loaded.requests;
  verdict.that(
    'at most 0.1 % of the requests are answered 503',
    refused + limited <= most,
    `${refused} of ${loaded.requests} at ${loaded.ratePerSecond} heartbeats/s`,
  );
  verdict.that(
    'at most 0.1 % of the requests lose their connection',
    brokenOff <= most,
    Object.entries(broken)
      .map(([reason, count]) => `${count} ${reason}`)
      .join(', ') || 'none',
  );
  const lostAnswers = load.answers.filter(({ status }) => status === 0);
  if (lostAnswers.length > 0)
    verdict.fact(`without an answer, by time: ${countBySecond(lostAnswers.map(({ at }) => at))}`);
  const checked = await check(stage.folder, {
    names: ['lost', 'facts', 'deliveries'],
    ...{ waitMs: options.waitMs, signal: stage.abort, progress: stage.say },
  });
  for (const { promise, kept, seen } of judgeCheck(checked)) verdict.that(promise, kept, seen);
  const { lost, facts, deliveries } = checked;
  verdict.that('no heartbeat is in the log twice', lost?.copies === 0, `${lost?.copies} copies`);
  verdict.that('no fact was told twice', facts?.repeats === 0, `${facts?.repeats} of ${facts?.told}`);
  verdict.that(
    'nothing was delivered twice',
    deliveries?.repeats === 0,
    `${deliveries?.repeats} of ${deliveries?.hits}`,
  );
}

async function endInTurn({ verdict }: Stage, operator: Operator, part: string, restart: boolean): Promise<void> {
  const { exit, endedAfterMs } = await operator.strike(part, { signal: 'SIGTERM', downMs: 0, restart });
  verdict.that(
    `${part} ends with exit 0 within 25 s`,
    exit === 'exit 0' && endedAfterMs !== undefined && endedAfterMs <= GONE_WITHIN_MS,
    `${exit} after ${endedAfterMs} ms`,
  );
}

/** Such as `35 at 10:00:07, 40 at 10:00:31`: who looks into a log knows where. */
function countBySecond(times: readonly number[]): string {
  const counts = new Map<string, number>();
  for (const time of times) {
    const second = new Date(time).toISOString().slice(11, 19);
    counts.set(second, (counts.get(second) ?? 0) + 1);
  }
  return [...counts].map(([second, count]) => `${count} at ${second}`).join(', ');
}
