import type { Position, ZoneIndex } from '@corral/geo';
import type { Anomaly } from './anomaly';
import type { Fact } from './fact';
import type { VehicleStateWord } from './report';
import { outsideServiceArea, resolveRule, RULE_FIELDS, zonesAt, type RuleField } from './rule';
import type { SaidReport } from './vehicle-line';
import { stationAllowanceM, stationAt } from './station-set';
import { entryInForce } from './zone-schedule';
import type { ZoneEvidence } from './weigh-zone';
import { zoneName } from './zone-name';
import type { ZoneSchedule } from './zone-set';

/** Why a fact is so: what was reported around it, and what held there. Times are epoch milliseconds. */
export interface FactExplanation {
  readonly fact: Fact;
  /** In the order of the line. */
  readonly reports: readonly ExplainedReport[];
}

/** One report, in the light of a fact. */
export interface ExplainedReport {
  readonly at: number;
  readonly receivedAt: number;
  /** The fact's own time is this report's. */
  readonly decides: boolean;
  readonly position?: Position;
  readonly accuracyM?: number;
  readonly speedMps?: number;
  readonly state?: VehicleStateWord;
  readonly tripId?: string;
  readonly anomaly?: Anomaly;
  /** The zone set in force then. */
  readonly zoneSetVersion?: number;
  /** The zones the position is in, in order of precedence. */
  readonly zones: readonly string[];
  /** How deep the position is in the fact's zone, metres; negative: how far outside. Absent without such a zone. */
  readonly depthM?: number;
  /** What spoke after it for having changed sides of the fact's zone, in standard deviations, over how many fixes. Absent: nothing did, or it was decided. */
  readonly evidence?: { readonly score: number; readonly fixes: number };
  /** The station that it is at there. */
  readonly station?: { readonly stationId: string; readonly name?: string };
  /** What held there, and the zone that said so, or `global`; a field that nobody states is left out. */
  readonly rule: { readonly [field in RuleField]?: { readonly value: boolean | number; readonly from: string } };
  /** No zone lets it ride there, and the global rules forbid it. */
  readonly outsideServiceArea: boolean;
}

/** A report, what was found wrong with it, and what spoke after it for having changed sides of a zone. */
export interface ReportSeen {
  readonly report: SaidReport;
  readonly anomaly?: Anomaly;
  readonly evidence?: readonly ZoneEvidence[];
}

/**
 * Why is this fact so? Puts each report beside the zones it lies in, how deep in the fact's zone it is, and field by field the rule
 * that held there with the zone that gave it. `vehicleTypeId`: as which type the vehicle was judged, where no report says one.
 */
export function explainFact(
  fact: Fact,
  seen: readonly ReportSeen[],
  schedule: ZoneSchedule | undefined,
  vehicleTypeId?: string,
): FactExplanation {
  const decisive = timesOf(fact);
  let type = vehicleTypeId;
  const reports = [...seen]
    .sort((a, b) => a.report.at - b.report.at)
    .map(({ report, anomaly, evidence }): ExplainedReport => {
      type = report.vehicleTypeId ?? type;
      const { at, receivedAt, lng, lat, accuracyM, speedMps, state, tripId } = report;
      const position: Position | undefined = lng === undefined || lat === undefined ? undefined : [lng, lat];
      const place = position ? explainPlace({ position, at, accuracyM }, fact.zoneId, schedule, type) : NOWHERE;
      return { at, receivedAt, decides: decisive.includes(at), position, accuracyM, speedMps, state, tripId, anomaly, evidence: evidenceOf(fact, evidence), ...place }; // prettier-ignore
    });
  return { fact, reports };
}

function evidenceOf({ zoneId }: Fact, all: readonly ZoneEvidence[] | undefined): ExplainedReport['evidence'] {
  const found = all?.find((one) => one.zoneId === zoneId);
  return found && { score: found.score, fixes: found.fixes };
}

type Place = Pick<ExplainedReport, 'zoneSetVersion' | 'zones' | 'depthM' | 'station' | 'rule' | 'outsideServiceArea'>;

const NOWHERE: Place = { zones: [], rule: {}, outsideServiceArea: false };

function timesOf(fact: Fact): readonly (number | undefined)[] {
  return fact.type === 'violation' ? [fact.openedAt, fact.closedAt] : [fact.at];
}

function explainPlace(
  { position, at, accuracyM }: { readonly position: Position; readonly at: number; readonly accuracyM?: number },
  zoneId: string | undefined,
  schedule: ZoneSchedule | undefined,
  vehicleTypeId: string | undefined,
): Place {
  const inForce = entryInForce(schedule, at);
  if (!inForce) return NOWHERE;
  const { set, stations } = inForce;
  const inside = zonesAt(set, position, at);
  const station = stations && stationAt(stations, position, stationAllowanceM(set, accuracyM));
  const resolved = resolveRule(set, inside, vehicleTypeId, station);
  const rule: Partial<Record<RuleField, { value: boolean | number; from: string }>> = {};
  for (const field of RULE_FIELDS) {
    const value = resolved[field];
    const from = resolved.from[field];
    if (value !== null && from !== undefined) rule[field] = { value, from };
  }
  const zone = zoneId === undefined ? undefined : set.positionOf.get(zoneId);
  return {
    zoneSetVersion: set.version,
    zones: inside.map((index) => set.definition.zones[index]!.zoneId),
    depthM: zone === undefined ? undefined : depthM(position, set.index, zone),
    station: station && { stationId: station.stationId, name: zoneName(station) },
    rule,
    outsideServiceArea: outsideServiceArea(set, inside, vehicleTypeId),
  };
}

function depthM(position: Position, index: ZoneIndex, zone: number): number {
  const distance = index.distanceToEdgeM(zone, position);
  return index.containing(position).includes(zone) ? distance : -distance;
}
