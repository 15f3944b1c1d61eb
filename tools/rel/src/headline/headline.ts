import { check, type CheckReport } from '../check/check';
import { judgeCheck, judgePlanted } from '../check/judge-check';
import { plantedFaults } from '../check/planted-faults';
import { showCheck } from '../check/show-check';
import { down } from '../down';
import { allKept, showJudgements, type Judgement } from '../judgement';
import type { RelFolder } from '../rel-folder';
import { startSink } from '../sink/sink';
import { giveOrder } from '../supervisor/control-socket';
import { up } from '../up';
import { underFire, type Strike, type UnderFire } from './under-fire';

/** How a run under fire was called. */
export interface FireOptions {
  readonly seed: number;
  readonly n: number;
  readonly rate: number;
  readonly vehicles: number;
  /** Shares of the heartbeats that are sent twice, and that come late; how calmly they ride. */
  readonly dup: number;
  readonly late: number;
  readonly calm: number;
  /** The blows end after so long, whether or not the load has. */
  readonly strikeForMs: number;
  readonly waitMs: number;
  /** So many kills at least, or the run has shown too little. */
  readonly leastKills: number;
  /** The share of repeated deliveries that is not too many yet; undefined: they are counted only. */
  readonly mostRepeats?: number;
  readonly build: boolean;
  readonly say: (line: string) => void;
  readonly abort: AbortSignal;
}

/** How `rel headline` was called. */
export interface HeadlineOptions extends FireOptions {
  readonly partitions: number;
  /** How often all services are killed; the broker; the postmaster. */
  readonly everyMs: number;
  readonly brokerEveryMs: number;
  readonly postmasterEveryMs: number;
}

/** What happened, and whether all promises hold. */
export interface FireReport {
  readonly title: string;
  readonly rig: string;
  /** One after the other. */
  readonly loads: readonly UnderFire[];
  readonly check: CheckReport;
  readonly judgements: readonly Judgement[];
  readonly seconds: number;
  /** The most memory this process held at any time, check included. */
  readonly peakMb: number;
  readonly holds: boolean;
}

/** Everything at once, from nothing: a fresh rig, a load, kill -9 of all services, of the broker and of the postmaster, then every check. */
export function headline(folder: RelFolder, options: HeadlineOptions): Promise<FireReport> {
  const strikes = [
    { parts: ['all'], everyMs: options.everyMs },
    { parts: ['kafka'], everyMs: options.brokerEveryMs },
    { parts: ['pg'], everyMs: options.postmasterEveryMs },
  ];
  const rig = { embedded: false, partitions: options.partitions };
  return fire(folder, { ...options, title: 'headline', rig, strikes: [strikes] });
}

/** The same of one embedded process: first it alone is killed and finds its PostgreSQL still running, then both at the same moment. */
export function embeddedHeadline(
  folder: RelFolder,
  options: FireOptions & { readonly everyMs: number },
): Promise<FireReport> {
  const { everyMs } = options;
  return fire(folder, {
    ...options,
    title: 'embedded',
    rig: { embedded: true, partitions: 4 },
    strikes: [[{ parts: ['corral'], everyMs }], [{ parts: ['corral', 'pg'], everyMs }]],
  });
}

/** A fresh rig and, for each group of strikes, a load of its own under them; then every check over all of it. */
async function fire(
  folder: RelFolder,
  options: FireOptions & {
    readonly title: string;
    readonly rig: { readonly embedded: boolean; readonly partitions: number };
    readonly strikes: readonly (readonly Strike[])[];
  },
): Promise<FireReport> {
  const { say, abort, build } = options;
  const began = performance.now();
  await up(folder, { ...options.rig, fresh: true, build, sessionTimeout: '2s', say });
  try {
    const rig = (await giveOrder(folder.socket, { do: 'status' }))?.mode ?? '';
    const sink = await startSink(folder, []);
    try {
      const { seed, n, rate, vehicles, dup, late, calm, strikeForMs } = options;
      const loads: UnderFire[] = [];
      for (const strikes of options.strikes) {
        const load = { ...{ seed, n, rate, vehicles, dup, late, calm }, ...SENDING };
        loads.push(await underFire(folder, { load, strikes, strikeForMs, say, abort }));
        abort.throwIfAborted();
      }
      const checking = {
        // How many repeats are too many is judged below, by what this run was asked for.
        names: ['lost', 'facts', 'deliveries'] as const,
        ...{ waitMs: options.waitMs, signal: abort, progress: say },
      };
      const checked = await check(folder, checking);
      abort.throwIfAborted();
      const planted = await check(folder, { ...checking, planted: plantedFaults() });
      abort.throwIfAborted();
      const judgements = [
        ...judgeLoads(loads, options),
        ...judgeAcknowledgements(loads, checked),
        ...judgeCheck(checked),
        ...judgeRepeats(checked, options),
        ...judgePlanted(planted),
      ];
      return {
        ...{ title: options.title, rig, loads, check: checked, judgements },
        seconds: Math.round((performance.now() - began) / 1_000),
        peakMb: Math.round(process.resourceUsage().maxRSS / 1_024),
        holds: allKept(judgements),
      };
    } finally {
      await sink.stop();
    }
  } finally {
    await down(folder, say);
  }
}

const SENDING = { batch: 10, spread: 1, conc: 64, giveUpMs: 120_000 };

function judgeLoads(loads: readonly UnderFire[], { n, leastKills }: FireOptions): Judgement[] {
  const killed = loads.flatMap(({ kills }) => Object.values(kills)).reduce((sum, one) => sum + one, 0);
  const unexpected = loads.flatMap(({ load }) => Object.entries(load.unexpected));
  return [
    ...loads.map(({ load }) => ({
      promise: 'all of the load was accepted in the end',
      // What is sent twice on purpose is acknowledged twice.
      kept: load.finished && load.acknowledged >= n && load.rejected === 0,
      seen: `${load.acknowledged} acknowledgements of ${n} heartbeats, ${load.rejected} refused`,
    })),
    {
      promise: 'every answer was a 2xx, a 429 or a 503',
      kept: unexpected.length === 0,
      seen: unexpected.map(([answer, count]) => `${count} times ${answer}`).join(', ') || 'no other',
    },
    { promise: `at least ${leastKills} kills`, kept: killed >= leastKills, seen: `${killed}` },
  ];
}

/** What the load read as acknowledged must be what the check looked for: an acknowledgement that goes amiss would hide a loss. */
function judgeAcknowledgements(loads: readonly UnderFire[], { lost }: CheckReport): Judgement[] {
  const acknowledged = loads.reduce((sum, { load }) => sum + load.acknowledged, 0);
  return [
    {
      promise: 'every acknowledgement was written down and looked for',
      kept: lost?.acknowledged === acknowledged,
      seen: `${lost?.acknowledged} of ${acknowledged}`,
    },
  ];
}

function judgeRepeats({ deliveries }: CheckReport, { mostRepeats }: FireOptions): Judgement[] {
  if (deliveries === undefined || mostRepeats === undefined) return [];
  const share = deliveries.hits === 0 ? 0 : deliveries.repeats / deliveries.hits;
  return [
    {
      promise: `at most ${percent(mostRepeats)} of the deliveries are repeats`,
      kept: share <= mostRepeats,
      seen: percent(share),
    },
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** The table for people. */
export function showFire({ title, rig, loads, check: checked, judgements, seconds, peakMb }: FireReport): string {
  return [
    `${title}: ${rig}`,
    ...loads.flatMap(({ load, kills, killsWhileStarting, spared, slowestBackMs, ceasedFire }) => {
      const killed = Object.values(kills).reduce((sum, one) => sum + one, 0);
      const resent = Object.values(load.resent).reduce((sum, one) => sum + one, 0);
      return [
        `accepted   ${load.acknowledged} in ${load.seconds} s (${load.ratePerSecond}/s), ${resent} of ${load.requests} requests sent again`,
        `killed -9  ${killed}: ${Object.entries(kills)
          .map(([part, blows]) => `${part} ${blows}`)
          .join(', ')}; ${killsWhileStarting} while still starting, ${spared} spared, slowest back ${(
          slowestBackMs / 1_000
        ).toFixed(1)} s${ceasedFire ? '; the load ended without further kills' : ''}`,
      ];
    }),
    showCheck(checked),
    `took       ${seconds} s in all, at most ${peakMb} MB in the process that loads and checks`,
    showJudgements(judgements),
  ].join('\n');
}
