import { CONSUMERS, HEARTBEATS_TOPIC } from '@corral/contracts';
import type { Database } from '@corral/database';
import { consumeFenced, observeConsumption, type EventLog, type FencedConsumption } from '@corral/messaging';
import { explain, type Closers, type ConfigOf, type Health, type Logger, type Metrics } from '@corral/runtime';
import { trackRetentionMs, type retentionSettings } from '../config';
import { recordFlush, type RecordedFlush } from './record-flush';
import { startRetention } from './track-retention';
import { noteReceipts, type DayReceipt } from './track-days';
import { createTrackWriter } from './write-track';

/** What {@link connectHistory} is given: things already open. */
export interface ConnectHistoryOptions {
  readonly log: EventLog;
  readonly database: Database;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly closers: Closers;
}

/** The last receipt of a day is written at most so often; retention counts in days. */
const NOTE_EVERY_MS = 60_000;
/** Nobody waits for a row of the past as for an alert: ten fetches a second, and as many larger flushes, take less than forty. */
const REST_MS = 100;

/**
 * Writes every accepted report into the track, and drops its old days; both end with `closers`. When the answer's `failed` settles it can do no
 * more, and the process should end.
 */
export async function connectHistory(
  options: ConnectHistoryOptions,
  config: ConfigOf<typeof retentionSettings>,
): Promise<FencedConsumption> {
  const { log, database, logger, metrics, health, closers } = options;
  const retentionMs = trackRetentionMs(config);
  const clock = Date.now;
  const rowsTotal = metrics.counter('corral_track_rows_total');
  const place = { consumer: CONSUMERS.history, topic: HEARTBEATS_TOPIC };
  const observed = observeConsumption({ ...place, metrics, health, clock });
  const noted = new Map<string, number>();
  const track = createTrackWriter();
  const recorded = new WeakMap<object, RecordedFlush>();

  const consumption = await consumeFenced({
    log,
    database,
    ...place,
    restMs: REST_MS,
    logger,
    observer: observed.observer,
    async write(flush) {
      recorded.set(flush, await recordFlush(flush, track));
    },
    committed(flush) {
      const { rows = 0, days = [] } = recorded.get(flush) ?? {};
      rowsTotal.inc({}, rows);
      void note(days);
    },
  });
  closers.add('history', () => consumption.stop());
  closers.add('track retention', startRetention({ database, retentionMs, clock, logger, metrics }));
  observed.watch(consumption);

  /** Not in the flush's transaction, where instances would wait for each other at the row of today. */
  async function note(days: readonly DayReceipt[]): Promise<void> {
    const due = days.filter(({ day, lastReceivedAt }) => lastReceivedAt - (noted.get(day) ?? 0) >= NOTE_EVERY_MS);
    if (due.length === 0) return;
    for (const { day, lastReceivedAt } of due) noted.set(day, lastReceivedAt);
    try {
      await noteReceipts(database, due);
    } catch (error) {
      for (const { day } of due) noted.delete(day);
      logger.debug({ reason: explain(error) }, 'could not note the last receipt of track days');
    }
  }

  return consumption;
}
