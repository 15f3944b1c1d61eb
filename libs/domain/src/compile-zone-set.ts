import { buildZoneIndex, buildZoneIndexInPieces, partsOf, type Geometry, type ZoneIndex } from '@corral/geo';
import { fingerprintOf } from './fact-id';
import { quietOf } from './quiet';
import { RULE_FIELDS } from './rule';
import type { Zone, ZoneRule, ZoneSet, ZoneSetDefinition } from './zone-set';

/** Makes a stored definition ready to answer: builds the index over its shapes and gathers what evaluation asks for. */
export function compileZoneSet(definition: ZoneSetDefinition, owner: ZoneSetOwner): ZoneSet {
  return withIndex(definition, owner, buildZoneIndex(geometriesOf(definition)));
}

/** The same in pieces, for a process that must answer others meanwhile: it waits for `pause` between them. */
export async function compileZoneSetInPieces(
  definition: ZoneSetDefinition,
  owner: ZoneSetOwner,
  pause: () => Promise<void>,
): Promise<ZoneSet> {
  return withIndex(definition, owner, await buildZoneIndexInPieces(geometriesOf(definition), pause));
}

interface ZoneSetOwner {
  readonly fleetId: string;
  readonly version: number;
}

function geometriesOf({ zones }: ZoneSetDefinition): readonly Geometry[] {
  return zones.map((zone) => zone.geometry);
}

function withIndex(definition: ZoneSetDefinition, owner: ZoneSetOwner, index: ZoneIndex): ZoneSet {
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
      return (fingerprints ??= zones.map(zoneFingerprint));
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
