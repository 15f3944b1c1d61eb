import type { Geometry, ZoneIndex } from '@corral/geo';
import type { QuietProfile, QuietSettings, ZoneQuiet } from './quiet';
import type { StationSet } from './station-set';

/** One rule of a zone or of the whole set. A field that is absent says nothing; `vehicleTypeIds` absent means every type. */
export interface ZoneRule {
  readonly vehicleTypeIds?: readonly string[];
  readonly rideStartAllowed?: boolean;
  readonly rideEndAllowed?: boolean;
  readonly rideThroughAllowed?: boolean;
  readonly maximumSpeedKph?: number;
  readonly stationParking?: boolean;
  /** So long a vehicle may stand here, minutes. Ours: GBFS has no such field. */
  readonly maximumParkedMinutes?: number;
}

/** How long vehicles may be silent, seconds; `null`: for ever. A field that is absent says nothing; `vehicleTypeIds` absent means every type. */
export interface SilenceLimit {
  readonly vehicleTypeIds?: readonly string[];
  readonly onTripS?: number | null;
  readonly otherwiseS?: number | null;
}

/** A name as given: a plain string, or GBFS 3's list by language. */
export type LocalisedName = string | readonly { readonly text: string; readonly language: string }[];

/** A zone as imported. Coordinates are exactly those of the file. Times are epoch milliseconds. */
export interface Zone {
  /** Stable over versions. */
  readonly zoneId: string;
  /** The feature's position in the imported file, refused ones counted. */
  readonly index: number;
  readonly name?: LocalisedName;
  readonly geometry: Geometry;
  readonly rules: readonly ZoneRule[];
  /** Before it the zone does not count. */
  readonly start?: number;
  /** From it on the zone does not count any more. */
  readonly end?: number;
  /** How enter and exit are decided, where not as the set says. */
  readonly quiet?: ZoneQuiet;
  /** Every other property of the feature, kept for export. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Everything evaluation depends on, as stored: plain JSON, immutable once versioned. Order of zones is precedence. */
export interface ZoneSetDefinition {
  /** The grammar of this stored value, so that later code can read earlier sets. */
  readonly format: 1;
  /** What the file was: it decides e.g. that GBFS 2 has no global rules. */
  readonly origin: 'gbfs2' | 'gbfs3' | 'geojson' | 'mds';
  readonly profile: QuietProfile;
  /** How much evidence it takes, where not as usual. */
  readonly quiet?: QuietSettings;
  /** How late a report may come and still count, ms; absent: 120,000. Never under 90,000 in a published set; 0: the order of receipt decides. */
  readonly latenessMs?: number;
  readonly zones: readonly Zone[];
  readonly globalRules: readonly ZoneRule[];
  /** Of several the first that is for the type and states the field counts, then 60 s on a trip and 15 minutes otherwise. */
  readonly silenceLimits?: readonly SilenceLimit[];
}

/** What deciding reads of a definition: all but the shapes, which stand in the index. */
export interface ZoneSetTerms extends Omit<ZoneSetDefinition, 'zones'> {
  readonly zones: readonly Omit<Zone, 'geometry'>[];
}

/** A zone set made ready to answer: its definition, who it belongs to, and the index over its shapes. */
export interface ZoneSet {
  readonly fleetId: string;
  readonly version: number;
  readonly definition: ZoneSetTerms;
  readonly index: ZoneIndex;
  /** By position in `definition.zones`: equal for two versions exactly when neither shape, rules, start nor end differ. */
  readonly fingerprints: readonly string[];
  /** The vehicle types that rules of this set name, sorted. */
  readonly namedVehicleTypeIds: readonly string[];
  /** The times (epoch ms, ascending, each once) at which a zone of this set starts or ends. Mostly none. */
  readonly changePoints: readonly number[];
  /** Is there a zone that is decided on evidence, and is there one that every fix decides? */
  readonly weighsEvidence: boolean;
  readonly decidesAtOnce: boolean;
  /** By position in `definition.zones`: how the zone is decided. */
  readonly quiet: readonly Required<ZoneQuiet>[];
  /** Some zone, or the set for all places, has a rule. */
  readonly hasRules: boolean;
  /** Some rule says how long a vehicle may stand. */
  readonly limitsParking: boolean;
  /** By position in `definition.zones`: the zone's id, for those who ask every fix and need nothing else of the zone. */
  readonly zoneIds: readonly string[];
  /** The same with its rules. Zones without any share one empty list, so that of most nothing is read. */
  readonly rules: readonly (readonly ZoneRule[])[];
  /** Where a zone stands in `definition.zones`. */
  readonly positionOf: ReadonlyMap<string, number>;
}

/** One that has its shapes as they were given, for whoever shows them. */
export interface DrawnZoneSet extends ZoneSet {
  readonly definition: ZoneSetDefinition;
}

/** What is in force from a moment on (epoch ms), until the next entry. */
export interface ScheduleEntry {
  readonly effectiveAt: number;
  readonly set: ZoneSet;
  /** Absent: nobody has said where stations are. */
  readonly stations?: StationSet;
}

/** What is in force when: ascending by `effectiveAt` (epoch ms); the first counts from the beginning of time (-Infinity). */
export interface ZoneSchedule {
  /** Grows with every publication; a flush that knows an older one must load again. */
  readonly revision: number;
  readonly entries: readonly ScheduleEntry[];
}
