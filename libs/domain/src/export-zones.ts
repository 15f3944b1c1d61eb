import { partsOf } from '@corral/geo';
import { completeRules, type CompleteRule } from './complete-rules';
import { formatTime } from './parse-time';
import type { QuietSettings } from './quiet';
import type { LocalisedName, Zone, ZoneRule, ZoneSetDefinition } from './zone-set';
import { zoneName } from './zone-name';
import { writeSilenceLimits } from './read-silence-limits';

/** The forms in which zones leave. */
export type ZoneFormat = 'geojson' | 'gbfs3' | 'gbfs2';

/** What a feed says about itself. */
export interface ExportMeta {
  /** The time of the feed, epoch milliseconds. */
  readonly now: number;
  /** The language of names that came without one; BCP 47's `und` (not determined) unless told. */
  readonly language?: string;
}

/**
 * The zones as a JSON document: coordinates exactly as they came, order kept, other properties kept. `geojson` says what was
 * imported, and how it is decided. `gbfs3` and `gbfs2` satisfy MobilityData's schemas, which want every right stated (see
 * `completeRules`). GBFS 2 can express neither global rules nor a difference between starting and ending a ride: forbidding
 * either forbids both.
 */
export function exportZones(definition: ZoneSetDefinition, format: ZoneFormat, meta: ExportMeta): unknown {
  switch (format) {
    case 'geojson':
      return {
        type: 'FeatureCollection',
        features: definition.zones.map(asGeoJson),
        ...(definition.globalRules.length > 0 && { global_rules: definition.globalRules.map(asImported) }),
        ...quietMember(definition),
        ...(definition.silenceLimits && { silence_limits: writeSilenceLimits(definition.silenceLimits) }),
      };
    case 'gbfs3':
      return {
        last_updated: formatTime(meta.now),
        ttl: 0,
        version: '3.0',
        data: {
          geofencing_zones: {
            type: 'FeatureCollection',
            features: definition.zones.map((zone) => asGbfs3(zone, definition.globalRules, meta.language ?? 'und')),
          },
          global_rules: completeRules(definition.globalRules, []).map(asGbfs3Rule),
        },
      };
    case 'gbfs2':
      return {
        last_updated: Math.floor(meta.now / 1_000),
        ttl: 0,
        version: '2.3',
        data: {
          geofencing_zones: {
            type: 'FeatureCollection',
            features: definition.zones.map((zone) => asGbfs2(zone, definition.globalRules, meta.language)),
          },
        },
      };
  }
}

// The profile too, where it is not what an import without one gets: what comes back decides as what went out.
function quietMember({ profile, quiet }: ZoneSetDefinition): { quiet?: object } {
  const { confirmAt, marginM, noiseM }: QuietSettings = quiet ?? {};
  const said = {
    ...(profile !== 'confirmed' && { profile }),
    ...(confirmAt !== undefined && { confirm_at: confirmAt }),
    ...(marginM !== undefined && { margin_m: marginM }),
    ...(noiseM !== undefined && { noise_m: noiseM }),
  };
  return Object.keys(said).length > 0 ? { quiet: said } : {};
}

function asGeoJson({ zoneId, name, geometry, rules, start, end, properties }: Zone): unknown {
  return {
    type: 'Feature',
    id: zoneId,
    geometry,
    properties: {
      ...properties,
      ...(name !== undefined && { name }),
      ...(start !== undefined && { start: formatTime(start) }),
      ...(end !== undefined && { end: formatTime(end) }),
      ...(rules.length > 0 && { rules: rules.map(asImported) }),
    },
  };
}

function asGbfs3(zone: Zone, globalRules: readonly ZoneRule[], language: string): unknown {
  const { zoneId, name, rules, start, end, properties } = zone;
  return {
    type: 'Feature',
    id: zoneId,
    geometry: multiPolygonOf(zone),
    properties: {
      ...properties,
      ...(name !== undefined && { name: byLanguage(name, language) }),
      ...(start !== undefined && { start: formatTime(start) }),
      ...(end !== undefined && { end: formatTime(end) }),
      ...(rules.length > 0 && { rules: completeRules(rules, globalRules).map(asGbfs3Rule) }),
    },
  };
}

function asGbfs2(zone: Zone, globalRules: readonly ZoneRule[], language: string | undefined): unknown {
  const { zoneId, rules, start, end, properties } = zone;
  const name = zoneName(zone, language);
  return {
    type: 'Feature',
    id: zoneId,
    geometry: multiPolygonOf(zone),
    properties: {
      ...properties,
      ...(name !== undefined && { name }),
      ...(start !== undefined && { start: Math.floor(start / 1_000) }),
      ...(end !== undefined && { end: Math.floor(end / 1_000) }),
      ...(rules.length > 0 && { rules: completeRules(rules, globalRules).map(asGbfs2Rule) }),
    },
  };
}

function multiPolygonOf({ geometry }: Zone): unknown {
  return { type: 'MultiPolygon', coordinates: partsOf(geometry) };
}

function byLanguage(name: LocalisedName, language: string): unknown {
  return typeof name === 'string' ? [{ text: name, language }] : name;
}

/** In GBFS 3's words, with exactly what the rule states. */
function asImported(rule: ZoneRule): object {
  return {
    ...(rule.vehicleTypeIds && { vehicle_type_ids: rule.vehicleTypeIds }),
    ...(rule.rideStartAllowed !== undefined && { ride_start_allowed: rule.rideStartAllowed }),
    ...(rule.rideEndAllowed !== undefined && { ride_end_allowed: rule.rideEndAllowed }),
    ...(rule.rideThroughAllowed !== undefined && { ride_through_allowed: rule.rideThroughAllowed }),
    ...(rule.maximumSpeedKph !== undefined && { maximum_speed_kph: rule.maximumSpeedKph }),
    ...(rule.stationParking !== undefined && { station_parking: rule.stationParking }),
    ...(rule.maximumParkedMinutes !== undefined && { maximum_parked_minutes: rule.maximumParkedMinutes }),
  };
}

function asGbfs3Rule(rule: CompleteRule): unknown {
  // GBFS has no limit of the time parked.
  return { ...asImported({ ...rule, maximumParkedMinutes: undefined }), ...wholeSpeedLimit(rule) };
}

function asGbfs2Rule(rule: CompleteRule): unknown {
  return {
    ...(rule.vehicleTypeIds && { vehicle_type_id: rule.vehicleTypeIds }),
    ride_allowed: rule.rideStartAllowed && rule.rideEndAllowed,
    ride_through_allowed: rule.rideThroughAllowed,
    ...wholeSpeedLimit(rule),
    ...(rule.stationParking !== undefined && { station_parking: rule.stationParking }),
  };
}

// Both versions want whole km/h: rounded down, for a limit must not grow on its way out.
function wholeSpeedLimit({ maximumSpeedKph }: ZoneRule): { readonly maximum_speed_kph?: number } {
  return maximumSpeedKph === undefined ? {} : { maximum_speed_kph: Math.floor(maximumSpeedKph) };
}
