import { checkGeometry, partsOf, type Geometry, type MultiPolygonCoordinates } from '@corral/geo';
import { isId } from './check-text';
import { findUnstorable } from './find-unstorable';
import { FEWEST_MS, isEpochMs, parseTime } from './parse-time';
import type { ZoneQuiet } from './quiet';
import { readQuiet, type ReadQuiet } from './read-quiet';
import { readRules } from './read-rule';
import { isObject, type RawZone } from './read-zone-document';
import { refusedImport, type ImportRefusal, type Warn, type ZoneImportOptions } from './zone-import';
import type { LocalisedName, Zone, ZoneSetDefinition } from './zone-set';

/** Is this one zone of the file whole and sound? Nothing is repaired: it is taken as it is, or refused with the first reason found. */
export function readZone(
  raw: RawZone,
  origin: ZoneSetDefinition['origin'],
  options: ZoneImportOptions,
  warn: Warn,
): { readonly kind: 'ok'; readonly zone: Zone } | ImportRefusal {
  const { feature, path, index } = raw;
  if (!isObject(feature)) return refusedImport('feature_invalid', path, 'a zone is a JSON object');
  const isMds = origin === 'mds';
  const properties = isMds ? withoutShape(feature) : (feature.properties ?? {});
  if (!isObject(properties))
    return refusedImport('feature_invalid', `${path}/properties`, 'properties are a JSON object');
  const propertiesPath = isMds ? path : `${path}/properties`;
  const unstorable = findUnstorable(properties, propertiesPath);
  if (unstorable) return refusedImport('property_invalid', unstorable.path, unstorable.detail);

  const zoneId = readZoneId(isMds ? feature.geography_id : feature.id, properties, raw, options, warn);
  if (typeof zoneId !== 'string') return zoneId;
  const geometry = isMds
    ? readGeographyShape(feature.geography_json, path)
    : readShape(feature.geometry, `${path}/geometry`);
  if (geometry.kind === 'refused') return geometry;
  const rules = readRules(properties.rules, origin, `${propertiesPath}/rules`, warn);
  if (rules.kind === 'refused') return rules;
  const [from, until] = isMds ? ['effective_date', 'retire_date'] : ['start', 'end'];
  const start = readTime(properties[from!], origin, `${propertiesPath}/${from}`, warn);
  if (start.kind === 'refused') return start;
  const end = readTime(properties[until!], origin, `${propertiesPath}/${until}`, warn);
  if (end.kind === 'refused') return end;
  if (start.at !== undefined && end.at !== undefined && end.at <= start.at) {
    return refusedImport('time_invalid', `${propertiesPath}/${until}`, 'a zone ends after it starts');
  }

  const { name: rawName, rules: _rules, [from!]: _start, [until!]: _end, ...others } = properties;
  const quiet = readQuiet(properties.quiet, `${propertiesPath}/quiet`, warn);
  const zone = {
    zoneId,
    index,
    name: readName(rawName, `${propertiesPath}/name`, warn),
    geometry: geometry.geometry,
    rules: rules.rules,
    start: start.at,
    end: end.at,
    ...(quiet && { quiet: zoneQuiet(quiet) }),
    properties: others,
  };
  return { kind: 'ok', zone };
}

// What is thought of fixes cannot differ by zone.
function zoneQuiet({ noiseM: _noiseM, ...quiet }: ReadQuiet): ZoneQuiet {
  return quiet;
}

/** What is the zone called, by a value that may be anything? A list by language loses its unreadable entries, said aloud. */
export function readName(
  value: unknown,
  path: string,
  warn: (code: 'name_invalid', path: string, detail: string) => void,
): LocalisedName | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  const entries = Array.isArray(value) ? value : [];
  const names = entries.filter(isNameByLanguage).map(({ text, language }) => ({ text, language }));
  if (!Array.isArray(value) || names.length < entries.length) {
    warn('name_invalid', path, 'a name is text, or a list of text and language: what is neither is left out');
  }
  return names.length > 0 ? names : undefined;
}

function isNameByLanguage(value: unknown): value is { text: string; language: string } {
  return isObject(value) && typeof value.text === 'string' && typeof value.language === 'string';
}

function withoutShape({ geography_json: _shape, ...properties }: { readonly [member: string]: unknown }): unknown {
  return properties;
}

function readZoneId(
  ownId: unknown,
  properties: { readonly [member: string]: unknown },
  { index, path }: RawZone,
  { idProperty }: ZoneImportOptions,
  warn: Warn,
): string | ImportRefusal {
  const chosen = idProperty !== undefined && Object.hasOwn(properties, idProperty) ? properties[idProperty] : undefined;
  if (idProperty !== undefined && chosen === undefined) {
    warn(
      'id_property_missing',
      `${path}/properties`,
      `there is no ${idProperty}: the feature's own id is taken, or its place`,
    );
  }
  const given = chosen ?? ownId ?? `zone-${index}`;
  const zoneId = typeof given === 'number' && Number.isFinite(given) ? String(given) : given;
  if (!isId(zoneId)) return refusedImport('zone_id_invalid', path, 'a zone id is 1 to 128 printable characters');
  // Answers say `global` where no zone decided.
  if (zoneId === 'global') return refusedImport('zone_id_invalid', path, 'the word global stands for the global rules');
  return zoneId;
}

type ReadShape = { readonly kind: 'ok'; readonly geometry: Geometry } | ImportRefusal;

function readShape(value: unknown, path: string): ReadShape {
  const checked = checkGeometry(value, path);
  if (checked.kind === 'refused') return refusedImport(checked.code, checked.path, checked.detail);
  const { type, coordinates } = value as Geometry;
  return { kind: 'ok', geometry: { type, coordinates } as Geometry };
}

// A geography of MDS is one zone, whatever the number of its features: they are its parts.
function readGeographyShape(value: unknown, path: string): ReadShape {
  const json = `${path}/geography_json`;
  if (!isObject(value)) return refusedImport('geometry_missing', json, 'there is no geography_json');
  if (value.type === 'Feature') return readShape(value.geometry, `${json}/geometry`);
  if (value.type !== 'FeatureCollection') return readShape(value, json);
  const features: readonly unknown[] = Array.isArray(value.features) ? value.features : [];
  const shapes: Geometry[] = [];
  for (const [i, feature] of features.entries()) {
    const shape = readShape(isObject(feature) ? feature.geometry : undefined, `${json}/features/${i}/geometry`);
    if (shape.kind === 'refused') return shape;
    shapes.push(shape.geometry);
  }
  const [only] = shapes;
  if (!only) return refusedImport('geometry_missing', `${json}/features`, 'there is no feature');
  if (shapes.length === 1) return { kind: 'ok', geometry: only };
  const coordinates: MultiPolygonCoordinates = shapes.flatMap(partsOf);
  return { kind: 'ok', geometry: { type: 'MultiPolygon', coordinates } };
}

type ReadTime = { readonly kind: 'ok'; readonly at?: number } | ImportRefusal;

/** GBFS 2 writes seconds, GBFS 3 RFC 3339, MDS milliseconds. What can only mean one thing is taken, and said if it is not as it should be. */
function readTime(value: unknown, origin: ZoneSetDefinition['origin'], path: string, warn: Warn): ReadTime {
  if (value === undefined || value === null) return { kind: 'ok' };
  const at =
    typeof value === 'string' ? parseTime(value) : typeof value === 'number' ? epochMs(value, origin) : undefined;
  if (at === undefined) {
    return refusedImport(
      'time_invalid',
      path,
      'a time is RFC 3339 text (GBFS 3), seconds (GBFS 2) or milliseconds (MDS)',
    );
  }
  const expected = origin === 'gbfs2' || origin === 'mds' ? 'number' : 'string';
  if (typeof value !== expected) warn('time_form_unexpected', path, `read as ${new Date(at).toISOString()}`);
  return { kind: 'ok', at };
}

function epochMs(value: number, origin: ZoneSetDefinition['origin']): number | undefined {
  if (origin === 'mds') return isEpochMs(value) ? Math.floor(value) : undefined;
  return value >= 0 && value < FEWEST_MS ? Math.floor(value * 1_000) : undefined;
}
