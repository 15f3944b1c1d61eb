import { eventDataOf, eventTypeOf } from '@corral/contracts';
import { changePointsBetween, LATENESS_MS, passTime, setInForce, type Fact, type ZoneSchedule } from '@corral/domain';
import type { Flush } from '@corral/messaging';
import { explain, type Logger } from '@corral/runtime';
import { loadEarlier, scheduleKey, type EvaluatePorts } from './evaluate';
import type { ReceiptBreaks } from './receipt-breaks';
import { byVehicle, type RememberedVehicle, type Sweep, type VehicleStateRow } from './vehicle-states';

/** What deciding without reports needs of the outside. */
export interface PassTimePorts extends EvaluatePorts {
  readonly breaks: ReceiptBreaks;
  readonly logger: Logger;
}

/** What came of one transaction. */
export interface PassTimeSummary {
  readonly vehicles: number;
  readonly facts: readonly Fact[];
  /** There may be more to do at this watermark. */
  readonly more: boolean;
  /** Some were left out, for they are catching up: there will be more to do at a later one. */
  readonly later: boolean;
}

/** How many vehicles one transaction takes. */
export const CHUNK = 500;

/**
 * The verb when nothing is reported: of one partition, reads the vehicles whose deadline has come and those that have not been told of a change of
 * zones, lets the domain decide, writes what follows. At most {@link CHUNK} of each at a time; which are left is in the states themselves, so
 * whoever comes after a crash goes on where it stood.
 */
export async function passTimeInTurn(flush: Flush, ports: PassTimePorts): Promise<PassTimeSummary> {
  const [share] = flush.partitions;
  const watermark = share?.watermark;
  if (share === undefined || watermark === undefined) return { vehicles: 0, facts: [], more: false, later: false };
  const { tx } = flush;
  const { partition } = share;

  const fleets = await ports.states.fleetsIn(tx, [partition]);
  const schedules = await ports.schedules.newest(tx, fleets);
  const listeningSince = (await ports.breaks.ended(tx, [partition])).get(partition);
  const sweeps = [...schedules].map(([fleetId, schedule]) => sweepOf(fleetId, schedule, watermark));
  const due = await ports.states.loadDue(tx, { partition, watermark }, { sweeps, limit: CHUNK });
  const folded = due.vehicles.map(({ fleetId, memory }) => ({ fleetId, revision: memory.scheduleRevision }));
  const earlier = await loadEarlier(tx, folded, schedules, ports.schedules);

  const rows: VehicleStateRow[] = [];
  const told: Fact[] = [];
  const detectedAt = ports.now();
  for (const vehicle of due.vehicles) {
    const schedule = schedules.get(vehicle.fleetId);
    const passed = { watermark, listeningSince, decideTo: decideTo(schedule, watermark) };
    const scheduleRevision = schedule?.revision ?? 0;
    const row = {
      ...vehicle,
      partition,
      claim: share.claim,
      known: true,
      scheduleRevision,
      lookedAt: vehicle.memory.lookAt,
    };
    try {
      const under = (revision: number) => earlier.get(scheduleKey(vehicle.fleetId, revision));
      const { memory, told: facts } = passTime(vehicle.memory, vehicle, passed, schedule, under);
      rows.push({ ...row, memory });
      told.push(...facts);
    } catch (error) {
      // Left as it is until something is heard of it: one sick vehicle must not hold up the partition for ever.
      ports.logger.error(
        { ...idsOf(vehicle), reason: explain(error) },
        'a vehicle could not be judged without reports',
      );
      rows.push({ ...row, givenUpTo: passed.decideTo });
    }
  }
  await ports.states.save(tx, rows.sort(byVehicle));
  const facts = told.length === 0 ? [] : await ports.facts.write(tx, told, detectedAt);
  for (const fact of facts) {
    const { fleetId, vehicleId, id, revision } = fact;
    share.publish({ fleetId, vehicleId, id, revision, type: eventTypeOf(fact), data: eventDataOf(fact, detectedAt) });
  }
  return { vehicles: due.vehicles.length, facts, more: due.more, later: due.later };
}

/** What a partition's owner has to sweep in a fleet at that watermark. A change waits a moment for reports that are under way. */
export function sweepOf(fleetId: string, schedule: ZoneSchedule, watermark: number): Sweep {
  const changedAt = changePointsBetween(schedule, -Infinity, watermark - GRACE_MS).at(-1);
  return { fleetId, revision: schedule.revision, changedAt };
}

/**
 * Up to when may a vehicle be decided without a report? Deadlines wait for the lateness window; change points only a moment, for people wait for
 * them, and what a late report says otherwise is taken back.
 */
function decideTo(schedule: ZoneSchedule | undefined, watermark: number): number {
  const lateness = setInForce(schedule, watermark)?.definition.latenessMs ?? LATENESS_MS;
  const changedAt = schedule && changePointsBetween(schedule, watermark - lateness, watermark - GRACE_MS).at(-1);
  return changedAt ?? watermark - lateness;
}

/** Longer than a report is ordinarily under way. */
const GRACE_MS = 5_000;

function idsOf({ fleetId, vehicleId }: RememberedVehicle) {
  return { fleetId, vehicleId };
}
