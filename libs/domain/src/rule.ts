import type { Position } from '@corral/geo';
import type { Station } from './station';
import type { Zone, ZoneRule, ZoneSet } from './zone-set';

/** The fields a rule can state, as they are named in answers. */
export const RULE_FIELDS = [
  'rideStartAllowed',
  'rideEndAllowed',
  'rideThroughAllowed',
  'maximumSpeedKph',
  'stationParking',
  'maximumParkedMinutes',
] as const;

/** One of {@link RULE_FIELDS}. */
export type RuleField = (typeof RULE_FIELDS)[number];

/** What holds at a place for a type of vehicle. `null`: nobody says anything about it. Speeds in km/h, times in minutes. */
export interface ResolvedRule {
  readonly rideStartAllowed: boolean | null;
  readonly rideEndAllowed: boolean | null;
  readonly rideThroughAllowed: boolean | null;
  readonly maximumSpeedKph: number | null;
  readonly stationParking: boolean | null;
  readonly maximumParkedMinutes: number | null;
  /** Who said each field that is not null: a zone's id, `global`, or `station:` and a station's id. */
  readonly from: { readonly [field in RuleField]?: string };
  /** The set tells types apart and this vehicle has none, so rules for types and the global rules were not judged. */
  readonly vehicleTypeMissing: boolean;
}

/**
 * Which zones of the set is the position in at that time (epoch ms)? Positions in `definition.zones`, ascending, which is the
 * order of precedence. On the edge is inside; a zone outside its `start` and `end` does not count.
 */
export function zonesAt(set: ZoneSet, position: Position, at: number): readonly number[] {
  const containing = set.index.containing(position);
  if (set.changePoints.length === 0) return containing;
  return containing.filter((zone) => activeAt(set.definition.zones[zone]!, at));
}

/** Does the zone count at that time (epoch ms)? From its `start`, and no longer at its `end`. */
export function activeAt(zone: Pick<Zone, 'start' | 'end'>, at: number): boolean {
  return (zone.start === undefined || at >= zone.start) && (zone.end === undefined || at < zone.end);
}

/**
 * What holds in these zones (of `zonesAt`) for a vehicle of this type? GBFS's overlap rule, field by field: the earlier zone
 * of the set wins, then the global rules; within a zone or the global rules, the first rule that is for the type and states
 * the field. At a station with an area, rides start and end whatever zones say: GBFS has `station_area` take precedence for these two fields,
 * and for no other.
 */
export function resolveRule(
  set: ZoneSet,
  zones: readonly number[],
  vehicleTypeId: string | undefined,
  station?: Station,
): ResolvedRule {
  const { typeId, missing } = judgedType(set, vehicleTypeId);
  const found: Partial<Record<RuleField, boolean | number>> = {};
  const from: Partial<Record<RuleField, string>> = {};
  if (station?.area) {
    found.rideStartAllowed = found.rideEndAllowed = true;
    from.rideStartAllowed = from.rideEndAllowed = `station:${station.stationId}`;
  }
  for (const zone of zones) takeWhatIsNew(found, from, set.rules[zone]!, set.zoneIds[zone]!, typeId);
  if (!missing) takeWhatIsNew(found, from, set.definition.globalRules, 'global', typeId);
  return {
    rideStartAllowed: (found.rideStartAllowed as boolean | undefined) ?? null,
    rideEndAllowed: (found.rideEndAllowed as boolean | undefined) ?? null,
    rideThroughAllowed: (found.rideThroughAllowed as boolean | undefined) ?? null,
    maximumSpeedKph: (found.maximumSpeedKph as number | undefined) ?? null,
    stationParking: (found.stationParking as boolean | undefined) ?? null,
    maximumParkedMinutes: (found.maximumParkedMinutes as number | undefined) ?? null,
    from,
    vehicleTypeMissing: missing,
  };
}

/**
 * Is a vehicle of this type outside the service area here: in no zone that lets it ride through, while the global rules
 * forbid it? A set without global rules has no service area.
 */
export function outsideServiceArea(set: ZoneSet, zones: readonly number[], vehicleTypeId: string | undefined): boolean {
  if (set.definition.globalRules.length === 0) return false;
  const { typeId, missing } = judgedType(set, vehicleTypeId);
  if (missing || firstStated(set.definition.globalRules, 'rideThroughAllowed', typeId) !== false) return false;
  return !zones.some((zone) => firstStated(set.rules[zone]!, 'rideThroughAllowed', typeId) === true);
}

/**
 * As which type is a vehicle judged? As its own; without one, as the only type the set names. A set that names none judges
 * every vehicle alike. A set that names several cannot judge a vehicle without a type: `missing`.
 */
export function judgedType(
  set: ZoneSet,
  vehicleTypeId: string | undefined,
): { readonly typeId?: string; readonly missing: boolean } {
  const named = set.namedVehicleTypeIds;
  if (vehicleTypeId !== undefined || named.length === 0) return { typeId: vehicleTypeId, missing: false };
  return named.length === 1 ? { typeId: named[0], missing: false } : { missing: true };
}

function takeWhatIsNew(
  found: Partial<Record<RuleField, boolean | number>>,
  from: Partial<Record<RuleField, string>>,
  rules: readonly ZoneRule[],
  source: string,
  typeId: string | undefined,
): void {
  for (const rule of rules) {
    if (!isFor(rule, typeId)) continue;
    for (const field of RULE_FIELDS) {
      const stated = rule[field];
      if (stated === undefined || found[field] !== undefined) continue;
      found[field] = stated;
      from[field] = source;
    }
  }
}

function firstStated(rules: readonly ZoneRule[], field: RuleField, typeId: string | undefined): unknown {
  return rules.find((rule) => rule[field] !== undefined && isFor(rule, typeId))?.[field];
}

/** Is the rule, or another limit, for vehicles of this type (`undefined`: of none)? */
export function isFor(rule: Pick<ZoneRule, 'vehicleTypeIds'>, typeId: string | undefined): boolean {
  return rule.vehicleTypeIds === undefined || (typeId !== undefined && rule.vehicleTypeIds.includes(typeId));
}
