import { setTimeout as sleep } from 'node:timers/promises';
import { chaos, type ChaosOptions, type ChaosReport } from '../chaos';
import { gen, type GenOptions, type GenReport } from '../gen/gen';
import type { RelFolder } from '../rel-folder';

/** What is struck, and how often. */
export interface Strike {
  /** All of them at the same moment. */
  readonly parts: readonly string[];
  readonly everyMs: number;
}

/** What a load met with. */
export interface UnderFire {
  readonly load: GenReport;
  /** By part, how often it was killed. */
  readonly kills: Readonly<Record<string, number>>;
  readonly killsWhileStarting: number;
  readonly spared: number;
  readonly slowestBackMs: number;
  /** Whether the blows ended before the load did, so that it came to its end in time. */
  readonly ceasedFire: boolean;
}

/** After the last blow everybody gets so long to come back. */
const CALM_MS = 1_000;

/** Sends a load while parts are killed with -9, until it is all acknowledged; the blows end with it, or after `strikeForMs`. */
export async function underFire(
  folder: RelFolder,
  options: {
    readonly load: Omit<GenOptions, 'progress' | 'abort'>;
    readonly strikes: readonly Strike[];
    readonly strikeForMs: number;
    readonly say: (line: string) => void;
    readonly abort: AbortSignal;
  },
): Promise<UnderFire> {
  const { say, abort, strikes } = options;
  const over = new AbortController();
  let loaded = false;
  const failed = new AbortController();
  const load = gen(folder, {
    ...options.load,
    progress: say,
    abort: AbortSignal.any([abort, failed.signal]),
  }).finally(() => {
    loaded = true;
    over.abort();
  });
  let ceasedFire = false;
  const enough = setTimeout(() => {
    ceasedFire = !loaded;
    if (ceasedFire) say(`no more blows after ${options.strikeForMs / 1_000} s: the load goes on to its end`);
    over.abort();
  }, options.strikeForMs);
  const struck = strikes.map(({ parts, everyMs }) =>
    chaos(folder, { ...BLOW, kill: parts, everyMs, say, abort: AbortSignal.any([abort, over.signal]) }).catch(
      (error: unknown) => {
        // What does not come back takes no load either.
        failed.abort(error);
        throw error;
      },
    ),
  );
  // What did not come back is told rather than what it did to the load; and all must have ended.
  const ended = await Promise.allSettled([load, ...struck]);
  clearTimeout(enough);
  for (const one of [...ended.slice(1), ...ended]) if (one.status === 'rejected') throw one.reason;
  await sleep(CALM_MS);
  return { load: await load, ...countKills(await Promise.all(struck)), ceasedFire };
}

const BLOW: Omit<ChaosOptions, 'kill' | 'everyMs' | 'say' | 'abort'> = {
  signal: 'SIGKILL',
  forMs: Infinity,
  downMs: 0,
  restart: true,
};

function countKills(reports: readonly ChaosReport[]): Omit<UnderFire, 'load' | 'ceasedFire'> {
  const kills: Record<string, number> = {};
  for (const { byPart } of reports)
    for (const [part, { blows }] of Object.entries(byPart)) kills[part] = (kills[part] ?? 0) + blows;
  const parts = reports.flatMap(({ byPart }) => Object.values(byPart));
  return {
    kills,
    killsWhileStarting: reports.reduce((sum, { whileStarting }) => sum + whileStarting, 0),
    spared: reports.reduce((sum, { spared }) => sum + spared, 0),
    slowestBackMs: Math.max(0, ...parts.map(({ slowestBackMs }) => slowestBackMs)),
  };
}
