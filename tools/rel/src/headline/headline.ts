import { setTimeout as sleep } from 'node:timers/promises';
import { chaos, type ChaosOptions, type ChaosReport } from '../chaos';
import { check, CHECKS, type CheckReport } from '../check/check';
import { showCheck } from '../check/show-check';
import { down } from '../down';
import { gen, type GenReport } from '../gen/gen';
import type { RelFolder } from '../rel-folder';
import { startSink } from '../sink/sink';
import { giveOrder } from '../supervisor/control-socket';
import { up } from '../up';

/** How `rel headline` was called. */
export interface HeadlineOptions {
  readonly seed: number;
  readonly n: number;
  readonly rate: number;
  readonly vehicles: number;
  /** How often all services are killed; the broker; the postmaster. */
  readonly everyMs: number;
  readonly brokerEveryMs: number;
  readonly postmasterEveryMs: number;
  readonly waitMs: number;
  readonly build: boolean;
  readonly say: (line: string) => void;
  readonly abort: AbortSignal;
}

/** What happened, and whether all promises hold. */
export interface HeadlineReport {
  readonly rig: string;
  readonly load: GenReport;
  readonly kills: Readonly<Record<string, number>>;
  readonly killsWhileStarting: number;
  readonly slowestBackMs: number;
  readonly check: CheckReport;
  readonly seconds: number;
  readonly holds: boolean;
}

/** After the last blow everybody gets so long to come back before the check begins to count. */
const CALM_MS = 1_000;

/** Everything at once, from nothing: a fresh rig, a load, kill -9 of all services, of the broker and of the postmaster, then every check. */
export async function headline(folder: RelFolder, options: HeadlineOptions): Promise<HeadlineReport> {
  const { say, abort } = options;
  const began = performance.now();
  const { build } = options;
  await up(folder, { embedded: false, fresh: true, build, partitions: 6, sessionTimeout: '2s', say });
  try {
    const rig = (await giveOrder(folder.socket, { do: 'status' }))?.mode ?? '';
    const sink = await startSink(folder, []);
    try {
      const over = new AbortController();
      const strike = (kill: string, everyMs: number) =>
        chaos(folder, { ...BLOW, kill: [kill], everyMs, say, abort: AbortSignal.any([abort, over.signal]) });
      const { seed, n, rate, vehicles } = options;
      const load = gen(folder, {
        ...{ seed, n, rate, vehicles, batch: 10, spread: 1, conc: 64, dup: 0, late: 0 },
        giveUpMs: 120_000,
        progress: say,
        abort,
      }).finally(() => over.abort());
      const striking = Promise.all([
        strike('all', options.everyMs),
        strike('kafka', options.brokerEveryMs),
        strike('pg', options.postmasterEveryMs),
      ]);
      // The one that fails first is told; the other one must have ended all the same.
      const [loaded, struck] = await Promise.allSettled([load, striking]);
      if (loaded.status === 'rejected') throw loaded.reason;
      if (struck.status === 'rejected') throw struck.reason;
      await sleep(CALM_MS);
      const checked = await check(folder, { names: CHECKS, waitMs: options.waitMs, signal: abort, progress: say });
      return {
        rig,
        load: loaded.value,
        ...count(struck.value),
        check: checked,
        seconds: Math.round((performance.now() - began) / 1_000),
        holds: checked.holds && loaded.value.finished && loaded.value.acknowledged === n,
      };
    } finally {
      await sink.stop();
    }
  } finally {
    await down(folder, say);
  }
}

const BLOW: Omit<ChaosOptions, 'kill' | 'everyMs' | 'say' | 'abort'> = {
  signal: 'SIGKILL',
  forMs: Infinity,
  downMs: 0,
  restart: true,
};

function count(
  reports: readonly ChaosReport[],
): Pick<HeadlineReport, 'kills' | 'killsWhileStarting' | 'slowestBackMs'> {
  const parts = reports.flatMap(({ byPart }) => Object.entries(byPart));
  return {
    kills: Object.fromEntries(parts.map(([part, { blows }]) => [part, blows])),
    killsWhileStarting: reports.reduce((sum, { whileStarting }) => sum + whileStarting, 0),
    slowestBackMs: Math.max(0, ...parts.map(([, { slowestBackMs }]) => slowestBackMs)),
  };
}

/** The table for people. */
export function showHeadline({
  rig,
  load,
  kills,
  killsWhileStarting,
  slowestBackMs,
  check: checked,
  seconds,
  holds,
}: HeadlineReport): string {
  const killed = Object.values(kills).reduce((sum, one) => sum + one, 0);
  const resent = Object.values(load.resent).reduce((sum, one) => sum + one, 0);
  return [
    rig,
    `accepted   ${load.acknowledged} heartbeats in ${load.seconds} s (${load.ratePerSecond}/s), ${resent} of ${load.requests} requests sent again`,
    `killed -9  ${killed}: ${Object.entries(kills)
      .map(([part, blows]) => `${part} ${blows}`)
      .join(', ')}; ${killsWhileStarting} while still starting, slowest back ${(slowestBackMs / 1_000).toFixed(1)} s`,
    showCheck(checked),
    `took       ${seconds} s in all`,
    ...(holds || !checked.holds ? [] : ['DOES NOT HOLD: not everything was acknowledged']),
  ].join('\n');
}
