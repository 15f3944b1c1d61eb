import { buildZoneIndex, buildZoneIndexInPieces, partsOf, type Geometry, type ZoneIndex } from '@corral/geo';
import { fingerprintOf } from './fact-id';
import { quietOf } from './quiet';
import { RULE_FIELDS } from './rule';
import type { DrawnZoneSet, Zone, ZoneRule, ZoneSet, ZoneSetDefinition, ZoneSetTerms } from './zone-set';

/** Makes a stored definition ready to answer: builds the index over its shapes and gathers what evaluation asks for. */
export function compileZoneSet(definition: ZoneSetDefinition, owner: ZoneSetOwner): DrawnZoneSet {
  return drawn(definition, owner, buildZoneIndex(geometriesOf(definition)));
}

/** The same in pieces, for a process that must answer others meanwhile: it waits for `pause` between them. */
export async function compileZoneSetInPieces(
  definition: ZoneSetDefinition,
  owner: ZoneSetOwner,
  pause: () => Promise<void>,
): Promise<DrawnZoneSet> {
  return drawn(definition, owner, await buildZoneIndexInPieces(geometriesOf(definition), pause));
}

/**
 * The same for a process that only decides, and keeps it for long: without the shapes as they were given, which take twice what the index does, in
 * hundreds of thousands of objects that each collection of garbage goes through. Fingerprints, the last that needs them, are made now, in pieces too.
 */
export async function withoutShapes(set: DrawnZoneSet, pause: () => Promise<void>): Promise<ZoneSet> {
  const fingerprints: string[] = [];
  for (const zone of set.definition.zones) {
    if (fingerprints.length % ZONES_IN_PIECE === 0) await pause();
    fingerprints.push(zoneFingerprint(zone));
  }
  const zones = set.definition.zones.map(({ geometry: _shape, ...rest }) => rest);
  return withIndex({ ...set.definition, zones }, set, set.index, () => fingerprints);
}

// Some 5 ms of work: 40 µs a zone of a hundred vertices.
const ZONES_IN_PIECE = 128;

interface ZoneSetOwner {
  readonly fleetId: string;
  readonly version: number;
}

function geometriesOf({ zones }: ZoneSetDefinition): readonly Geometry[] {
  return zones.map((zone) => zone.geometry);
}

function drawn(definition: ZoneSetDefinition, owner: ZoneSetOwner, index: ZoneIndex): DrawnZoneSet {
  return withIndex(definition, owner, index, () => definition.zones.map(zoneFingerprint));
}

function withIndex<Definition extends ZoneSetTerms>(
  definition: Definition,
  owner: ZoneSetOwner,
  index: ZoneIndex,
  makeFingerprints: () => readonly string[],
): ZoneSet & { readonly definition: Definition } {
  const { zones, globalRules } = definition;
  const rules = [...zones.flatMap((zone) => zone.rules), ...globalRules];
  const named = rules.flatMap((rule) => rule.vehicleTypeIds ?? []);
  const times = zones.flatMap((zone) => [zone.start, zone.end]).filter((time) => time !== undefined);
  const quiet = zones.map((zone) => quietOf(definition, zone));
  let fingerprints: readonly string[] | undefined;
  return {
    fleetId: owner.fleetId,
    version: owner.version,
    definition,
    index,
    // Hashing every shape is dear and only the comparison of two versions asks for it.
    get fingerprints() {
      return (fingerprints ??= makeFingerprints());
    },
    namedVehicleTypeIds: [...new Set(named)].sort(),
    changePoints: [...new Set(times)].sort((a, b) => a - b),
    weighsEvidence: quiet.some(({ profile }) => profile === 'confirmed'),
    decidesAtOnce: quiet.some(({ profile }) => profile === 'immediate'),
    quiet,
    hasRules: rules.length > 0,
    limitsParking: rules.some((rule) => rule.maximumParkedMinutes !== undefined),
    zoneIds: zones.map(({ zoneId }) => zoneId),
    rules: zones.map((zone) => (zone.rules.length === 0 ? NO_RULES : zone.rules)),
    positionOf: new Map(zones.map((zone, position) => [zone.zoneId, position])),
  };
}

const NO_RULES: readonly ZoneRule[] = [];

function zoneFingerprint(zone: Zone): string {
  return fingerprintOf([partsOf(zone.geometry), zone.rules.map(statedBy), zone.start ?? null, zone.end ?? null]);
}

function statedBy(rule: ZoneRule): unknown {
  const types = rule.vehicleTypeIds ? [...rule.vehicleTypeIds].sort() : null;
  return [types, ...RULE_FIELDS.map((field) => rule[field] ?? null)];
}
