import type { Fact } from './fact';
import { foldTime } from './fold-report';
import { lookAtOf } from './look-at';
import { learnSchedule, type EarlierSchedules } from './learn-schedule';
import { silenceLimitS, silenceOf, type OpenSilence } from './silence';
import type { Whose } from './vehicle-line';
import type { VehicleMemory } from './vehicle-memory';
import { setInForce } from './zone-schedule';
import type { ZoneSchedule } from './zone-set';

/** How far time is known to have passed where a vehicle's reports would have come. Epoch milliseconds. */
export interface PassedTime {
  /** The receipt of the last record that was read: whatever was received before it has been seen. */
  readonly watermark: number;
  /** Since when receiving was possible without a break: before it nobody could be heard. */
  readonly listeningSince?: number;
  /** What happens without a report is decided up to then. */
  readonly decideTo: number;
}

/** What time alone brought about. */
export interface TimeResult {
  readonly memory: VehicleMemory;
  /** In the order in which they are to be told: of one fact the last one counts. */
  readonly told: readonly Fact[];
}

/**
 * What follows for a vehicle of which nothing was heard, from time alone (DESIGN 5.2 rule 8, 5.4, 5.5)? Change points and deadlines of its line
 * are decided up to `decideTo`, on the last position, with the ids that a report coming later would give them; one that comes after all, from
 * before, has it decided anew. A silence is told once the watermark has passed its limit. Like `step` it first learns of a newer schedule.
 */
export function passTime(
  memory: VehicleMemory,
  whose: Whose,
  passed: PassedTime,
  schedule: ZoneSchedule | undefined,
  earlier: EarlierSchedules,
): TimeResult {
  const learned = learnSchedule(memory, whose, schedule, earlier);
  const facts: Fact[] = [...learned.retracted, ...learned.asserted];
  const head = foldTime(learned.memory.head, passed.decideTo, whose, schedule, facts);
  const silent = learned.memory.silent ?? silenceBegins({ ...learned.memory, head }, passed, schedule);
  if (silent && !learned.memory.silent) facts.push(silenceOf(whose, silent));
  const now = { ...learned.memory, head, silent };
  return { memory: { ...now, lookAt: lookAtOf(now, passed, schedule) }, told: facts };
}

function silenceBegins(
  { head, contactAt }: VehicleMemory,
  { watermark, listeningSince = -Infinity }: PassedTime,
  schedule: ZoneSchedule | undefined,
): OpenSilence | undefined {
  const set = setInForce(schedule, watermark);
  const limitS = set && silenceLimitS(set, head);
  if (limitS === undefined) return undefined;
  const openedAt = Math.max(contactAt, listeningSince) + limitS * 1_000;
  if (openedAt > watermark) return undefined;
  const { tripId, phase, lng, lat } = head;
  return { openedAt, zoneSetVersion: set!.version, limitS, tripId: phase === 'parked' ? undefined : tripId, lng, lat };
}
