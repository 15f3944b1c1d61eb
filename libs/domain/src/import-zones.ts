import { ImportNotes } from './import-notes';
import { readQuiet } from './read-quiet';
import { readSilenceLimits } from './read-silence-limits';
import { readRules } from './read-rule';
import { readName, readZone } from './read-zone';
import { isObject, readZoneDocument, type RawZone } from './read-zone-document';
import type { ZoneImport, ZoneImportOptions, ZoneRefusalCode, ZoneWarningCode } from './zone-import';
import type { Zone } from './zone-set';
import { zoneName } from './zone-name';

/**
 * Which zones does this document hold? GBFS 2.1 to 3.1 `geofencing_zones`, a GeoJSON FeatureCollection or MDS geographies, as
 * parsed JSON. A zone that cannot be used is refused by itself, with a reason and a path; it never sinks its neighbours. Global
 * rules that cannot be read refuse the whole: without them other rules would hold in the whole city.
 */
export function importZones(document: unknown, options: ZoneImportOptions = {}): ZoneImport {
  const notes = new ImportNotes<ZoneRefusalCode, ZoneWarningCode>();
  const read = readZoneDocument(document);
  if (read.kind === 'refused') return notes.refusal(read.code, read.detail, read.path || undefined);
  if (read.unknownVersion) {
    notes.warn('version_unknown', 'version', `version ${read.unknownVersion} is not known: read as ${read.origin}`);
  }

  const globalRules = readRules(read.globalRules, read.origin, 'global_rules', (...note) => notes.warn(...note));
  if (globalRules.kind === 'refused') return notes.refusal(globalRules.code, globalRules.detail, globalRules.path);
  const silence = readSilenceLimits(read.silenceLimits);
  if (silence.kind === 'refused') return notes.refusal(silence.code, silence.detail, silence.path);
  const hasGlobalRules = globalRules.rules.length > 0;
  if (hasGlobalRules && read.origin === 'gbfs2') {
    notes.warn(
      'global_rules_ignored',
      'global_rules',
      'GBFS 2 has no global rules: outside of its zones nothing is restricted',
    );
  }

  const { profile, ...quiet } = readQuiet(read.quiet, 'quiet', (...note) => notes.warn(...note)) ?? {};
  const zones = new Map<string, Zone>();
  for (const raw of read.zones) {
    const name = nameOf(raw);
    const result = readZone(raw, read.origin, options, (...note) => notes.warn(...note, raw.index, name));
    if (result.kind === 'refused') {
      const { code, path, detail } = result;
      notes.refuse(raw.index, name, code, path, detail);
      continue;
    }
    const earlier = zones.get(result.zone.zoneId);
    if (earlier) {
      const detail = `the id ${earlier.zoneId} is taken by the zone at ${earlier.index}, which is kept`;
      notes.refuse(raw.index, name, 'zone_id_repeated', raw.path, detail);
      continue;
    }
    zones.set(result.zone.zoneId, result.zone);
  }
  if (zones.size === 0) return notes.refusal('no_usable_zone', `none of ${read.zones.length} zones can be used`);

  const definition = {
    format: 1,
    origin: read.origin,
    profile: options.profile ?? profile ?? 'confirmed',
    ...(Object.keys(quiet).length > 0 && { quiet }),
    zones: [...zones.values()],
    globalRules: read.origin === 'gbfs2' ? [] : globalRules.rules,
    ...(silence.limits.length > 0 && { silenceLimits: silence.limits }),
  } as const;
  return { kind: 'ok', definition, refused: notes.refused, warnings: notes.warnings };
}

// Told with every refusal, so it is read before anything else, and quietly.
function nameOf({ feature }: RawZone): string | undefined {
  if (!isObject(feature)) return undefined;
  const holder = isObject(feature.properties) ? feature.properties : feature;
  return zoneName({ name: readName(holder.name, '', () => undefined) });
}
