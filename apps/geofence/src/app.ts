import { CONSUMERS, EVENTS_TOPIC, HEARTBEATS_TOPIC } from '@corral/contracts';
import type { Database } from '@corral/database';
import {
  consumeFenced,
  observeConsumption,
  type EventLog,
  type FencedConsumption,
  type Flush,
} from '@corral/messaging';
import type { Closers, Health, Logger, Metrics } from '@corral/runtime';
import { evaluateFlush, type EvaluateSummary } from './evaluate';
import { watchHotUpdates } from './watch-hot-updates';
import { postgresFactTables } from './fact-tables.postgres';
import type { PassTimePorts, PassTimeSummary } from './pass-time';
import { postgresReceiptBreaks } from './receipt-breaks.postgres';
import { keepTime, type TimeKeeper } from './time-keeper';
import { postgresVehicleStates } from './vehicle-states.postgres';
import { postgresZoneSchedules } from './zone-schedules.postgres';

/** The opened things this service works with. */
export interface GeofenceContext {
  readonly database: Database;
  readonly log: EventLog;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly closers: Closers;
}

/** The service over real tables. */
export function connectGeofence(context: GeofenceContext): Promise<FencedConsumption> {
  context.closers.add('share of HOT updates', watchHotUpdates(context));
  return createGeofence(context, {
    states: postgresVehicleStates(context.log.partitions),
    schedules: postgresZoneSchedules(),
    facts: postgresFactTables,
    breaks: postgresReceiptBreaks,
    logger: context.logger,
    now: Date.now,
  });
}

/** Starts to evaluate: every flush of heartbeats is decided and written in one fenced transaction, then published. */
export async function createGeofence(context: GeofenceContext, ports: PassTimePorts): Promise<FencedConsumption> {
  const { metrics, health } = context;
  const count = createCounters(metrics);
  const place = { consumer: CONSUMERS.geofence, topic: HEARTBEATS_TOPIC };
  const observed = observeConsumption({ ...place, metrics, health, clock: ports.now });
  // Counted after the commit alone: a flush that is rolled back is written again.
  const summaries = new WeakMap<Flush, EvaluateSummary>();
  let time: TimeKeeper | undefined = undefined as TimeKeeper | undefined;
  const consumption = await consumeFenced({
    log: context.log,
    database: context.database,
    ...place,
    publishTo: EVENTS_TOPIC,
    logger: context.logger,
    observer: observed.observer,
    async write(flush) {
      summaries.set(flush, await evaluateFlush(flush, ports));
    },
    committed(flush) {
      ports.states.committed(flush.tx);
      const summary = summaries.get(flush);
      if (summary === undefined) return;
      count(summary);
      time?.ring();
    },
  });
  time = keepTime({
    database: context.database,
    consumption,
    ports,
    logger: context.logger,
    passed: countPassed(metrics),
  });
  context.closers.add('geofence', async () => {
    await time?.stop();
    await consumption.stop();
  });
  observed.watch(consumption);
  return consumption;
}

function createCounters(metrics: Metrics): (summary: EvaluateSummary) => void {
  const reports = metrics.counter('corral_reports_evaluated_total');
  const facts = metrics.counter('corral_facts_total');
  const takenBack = metrics.counter('corral_facts_retracted_total');
  const anomalies = metrics.counter('corral_anomalies_total');
  return (summary) => {
    for (const [outcome, number] of Object.entries(summary.outcomes)) if (number > 0) reports.inc({ outcome }, number);
    for (const kind of summary.anomalies) anomalies.inc({ kind });
    for (const { type, kind, retracted } of summary.facts) (retracted ? takenBack : facts).inc({ type, kind });
  };
}

function countPassed(metrics: Metrics): (summary: PassTimeSummary) => void {
  const vehicles = metrics.counter('corral_vehicles_without_report_total');
  const facts = metrics.counter('corral_facts_total');
  const takenBack = metrics.counter('corral_facts_retracted_total');
  return (summary) => {
    if (summary.vehicles > 0) vehicles.inc({}, summary.vehicles);
    for (const { type, kind, retracted } of summary.facts) (retracted ? takenBack : facts).inc({ type, kind });
  };
}
