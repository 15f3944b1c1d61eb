import type { Position } from '@corral/geo';
import { decideViolations } from './decide-violations';
import { decideZones } from './decide-zones';
import type { Cause, Fact } from './fact';
import type { Report } from './report';
import { judgedType, zonesAt } from './rule';
import { tripChange, tripPhase, type TripChange, type TripPhase } from './trip-phase';
import { repeatsNewest, saidBy, type OpenViolation, type VehicleMemory, type ZoneStay } from './vehicle-memory';
import { changePointsBetween, setInForce } from './zone-schedule';
import type { ZoneSchedule, ZoneSet } from './zone-set';

/** What one more report of a vehicle means. */
export interface StepResult {
  readonly memory: VehicleMemory;
  /** `duplicate` and `late_beyond_window` belong to the history only: memory and facts are unchanged. */
  readonly outcome: 'decided' | 'duplicate' | 'late_beyond_window';
  /** In the order in which they happened. */
  readonly asserted: readonly Fact[];
  /** Facts taken back. Nothing is taken back as long as the lateness window is 0. */
  readonly retracted: readonly Fact[];
}

/**
 * What follows from one more report of a vehicle whose memory this is (`undefined`: the first we hear of it), under these zone
 * sets (`undefined`: the fleet has none yet)? Pure: everything comes from the arguments.
 *
 * Before the report itself, the change points since the head of the line are decided on the last position. A set that was
 * published after the fact, the first one of a fleet above all, is decided on the last position too, at the time of the report
 * that is the first to see it: its effect on the past would be news about yesterday.
 */
export function step(
  memory: VehicleMemory | undefined,
  report: Report,
  schedule: ZoneSchedule | undefined,
): StepResult {
  if (memory && repeatsNewest(memory, report)) return unchanged(memory, 'duplicate');
  if (memory && report.at <= memory.at) return unchanged(memory, 'late_beyond_window');

  const facts: Fact[] = [];
  const line = memory ? withChangesBefore(report, memory, schedule, facts) : NEW_LINE;
  return {
    memory: withReport(report, memory, line, schedule, facts),
    outcome: 'decided',
    asserted: facts,
    retracted: [],
  };
}

function unchanged(memory: VehicleMemory, outcome: StepResult['outcome']): StepResult {
  return { memory, outcome, asserted: NOTHING, retracted: NOTHING };
}

/** What decisions change. */
interface Line {
  readonly zones: readonly ZoneStay[];
  readonly open: readonly OpenViolation[];
  readonly zoneSetVersion?: number;
  readonly vehicleTypeMissing: boolean;
}

const NEW_LINE: Line = { zones: [], open: [], vehicleTypeMissing: false };
const NOTHING: readonly Fact[] = [];

function withChangesBefore(
  report: Report,
  memory: VehicleMemory,
  schedule: ZoneSchedule | undefined,
  facts: Fact[],
): Line {
  const position = positionOf(memory);
  if (!schedule || !position) return memory;

  let line: Line = memory;
  let points = changePointsBetween(schedule, memory.at, report.at);
  const learnedLate = setInForce(schedule, report.at)?.version !== memory.zoneSetVersion;
  if (points.length === 0 && learnedLate) points = [report.at];
  const { phase, vehicleTypeId, tripId } = memory;
  for (const at of points) {
    line = decide(
      { ...whose(report), position, at, cause: 'zone_changed', phase, vehicleTypeId, tripId },
      line,
      schedule,
      facts,
    );
  }
  return line;
}

function withReport(
  report: Report,
  memory: VehicleMemory | undefined,
  line: Line,
  schedule: ZoneSchedule | undefined,
  facts: Fact[],
): VehicleMemory {
  const { at } = report;
  const isFix = report.lat !== undefined && report.lng !== undefined;
  // Accuracy, speed and heading are of their fix; what a state report says about them stands beside the last position.
  const placed = isFix ? report : { ...placeOf(memory), ...saidAboutPlace(report) };
  const state = report.state ?? memory?.state;
  const vehicleTypeId = report.vehicleTypeId ?? memory?.vehicleTypeId;
  const phaseBefore = memory?.phase ?? 'unknown';
  const phase = tripPhase(phaseBefore, report.state);
  const tripBefore = phaseBefore === 'parked' ? undefined : memory?.tripId;
  const tripId = report.tripId ?? tripBefore;
  const trip = tripChange({ phase: phaseBefore, tripId: tripBefore }, { phase, tripId });

  const position = positionOf(placed);
  const decided = position
    ? decide(
        {
          ...whose(report),
          position,
          at,
          cause: memory?.lat === undefined ? 'first_fix' : 'moved',
          phase,
          trip,
          vehicleTypeId,
          tripId,
          speedMps: report.speedMps,
        },
        line,
        schedule,
        facts,
      )
    : line;

  return {
    v: 1,
    at,
    measuredAt: report.measuredAt,
    receivedAt: Math.max(report.receivedAt, memory?.receivedAt ?? -Infinity),
    said: saidBy(report),
    lng: placed.lng,
    lat: placed.lat,
    accuracyM: placed.accuracyM,
    speedMps: placed.speedMps,
    headingDeg: placed.headingDeg,
    batteryPercent: report.batteryPercent ?? memory?.batteryPercent,
    state,
    phase,
    tripId: phase === 'parked' ? report.tripId : tripId,
    vehicleTypeId,
    zoneSetVersion: decided.zoneSetVersion,
    vehicleTypeMissing: decided.vehicleTypeMissing,
    zones: decided.zones,
    open: decided.open,
  };
}

/** One decision on the line: by a report, or by a change point on the last position. */
interface Moment {
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly position: Position;
  readonly at: number;
  readonly cause: Cause;
  readonly phase: TripPhase;
  readonly trip?: TripChange;
  readonly tripId?: string;
  readonly vehicleTypeId?: string;
  readonly speedMps?: number;
}

function decide(moment: Moment, line: Line, schedule: ZoneSchedule | undefined, facts: Fact[]): Line {
  const set = setInForce(schedule, moment.at);
  // Before there are zones nothing is decided.
  if (!set) return line;
  const zones = zonesAt(set, moment.position, moment.at);
  const setBefore = line.zoneSetVersion === set.version ? set : setOfVersion(schedule, line.zoneSetVersion);
  return {
    zones: decideZones(line.zones, { ...moment, set, setBefore, zones }, facts),
    open: decideViolations(line.open, { ...moment, set, zones }, facts),
    zoneSetVersion: set.version,
    vehicleTypeMissing: judgedType(set, moment.vehicleTypeId).missing,
  };
}

function setOfVersion(schedule: ZoneSchedule | undefined, version: number | undefined): ZoneSet | undefined {
  return schedule?.entries.findLast((entry) => entry.set.version === version)?.set;
}

function whose({ fleetId, vehicleId }: Report): { fleetId: string; vehicleId: string } {
  return { fleetId, vehicleId };
}

type Place = Pick<Report, 'lng' | 'lat' | 'accuracyM' | 'speedMps' | 'headingDeg'>;

function positionOf({ lng, lat }: Place): Position | undefined {
  return lng === undefined || lat === undefined ? undefined : [lng, lat];
}

function placeOf(memory: VehicleMemory | undefined): Place {
  return {
    lng: memory?.lng,
    lat: memory?.lat,
    accuracyM: memory?.accuracyM,
    speedMps: memory?.speedMps,
    headingDeg: memory?.headingDeg,
  };
}

function saidAboutPlace({ accuracyM, speedMps, headingDeg }: Report): Place {
  return {
    ...(accuracyM !== undefined && { accuracyM }),
    ...(speedMps !== undefined && { speedMps }),
    ...(headingDeg !== undefined && { headingDeg }),
  };
}
