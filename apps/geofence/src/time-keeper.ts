import type { Queryable } from '@corral/database';
import type { FencedConsumption, Flush } from '@corral/messaging';
import { explain, type Logger } from '@corral/runtime';
import { passTimeInTurn, sweepOf, type PassTimePorts, type PassTimeSummary } from './pass-time';

/** What {@link keepTime} needs. */
export interface TimeKeeperOptions {
  readonly database: Queryable;
  readonly consumption: Pick<FencedConsumption, 'progress' | 'inTurn'>;
  readonly ports: PassTimePorts;
  readonly logger: Logger;
  /** Told after each commit. */
  passed(summary: PassTimeSummary): void;
  /** The least time between two looks, ms. Default 1,000. */
  readonly everyMs?: number;
}

/** Sees to it that what happens without a report is decided. */
export interface TimeKeeper {
  /** The watermark may have moved. */
  ring(): void;
  stop(): Promise<void>;
}

const EVERY_MS = 1_000;

/**
 * After a watermark has moved, looks which partitions of ours have vehicles whose time has come, and gives each of those its turn, again and again
 * until nothing is left. What time it is the watermarks say; our own clock only spaces the looks.
 */
export function keepTime(options: TimeKeeperOptions): TimeKeeper {
  const { database, consumption, ports, logger, everyMs = EVERY_MS } = options;
  /** By partition and fleet: what was swept last under this claim of ours; without it the states are asked. */
  const swept = new Map<string, string>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let rungAgain = false;

  async function look(): Promise<void> {
    const places = consumption
      .progress()
      .flatMap(({ partition, watermark }) => (watermark === undefined ? [] : [{ partition, watermark }]));
    if (places.length === 0) return;
    const due = new Set(await ports.states.partitionsDue(database, places));
    const fleets = await ports.states.fleetsIn(
      database,
      places.map(({ partition }) => partition),
    );
    const schedules = await ports.schedules.newest(database, fleets);
    for (const { partition, watermark } of places) {
      const marks = [...schedules].map(([fleetId, schedule]) => {
        const { revision, changedAt } = sweepOf(fleetId, schedule, watermark);
        return [`${partition} ${fleetId}`, `${revision} ${changedAt}`] as const;
      });
      const unswept = marks.filter(([place, mark]) => swept.get(place) !== mark);
      if (!due.has(partition) && unswept.length === 0) continue;
      if (await turnsOf(partition)) for (const [place, mark] of unswept) swept.set(place, mark);
    }
  }

  /** Chunk by chunk; answers whether nothing is left, nor will be. */
  async function turnsOf(partition: number): Promise<boolean> {
    while (!stopped) {
      let summary: PassTimeSummary | undefined;
      const write = async (flush: Flush) => {
        summary = await passTimeInTurn(flush, ports);
      };
      if (!(await consumption.inTurn(partition, write)) || summary === undefined) return false;
      options.passed(summary);
      if (!summary.more) return !summary.later;
    }
    return false;
  }

  function ring(): void {
    if (stopped || timer !== undefined) return;
    if (looking !== undefined) {
      rungAgain = true;
      return;
    }
    looking = look()
      .catch((error: unknown) => logger.warn({ reason: explain(error) }, 'could not look whose time has come'))
      .finally(() => {
        looking = undefined;
        if (stopped) return;
        timer = setTimeout(() => {
          timer = undefined;
          if (rungAgain) {
            rungAgain = false;
            ring();
          }
        }, everyMs);
      });
  }

  return {
    ring() {
      if (timer !== undefined) rungAgain = true;
      else ring();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
