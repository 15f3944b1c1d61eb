import { refusedImport, type ImportRefusal } from './zone-import';
import type { ZoneSetDefinition } from './zone-set';

/** One zone as the file has it, not yet looked at. */
export interface RawZone {
  readonly index: number;
  /** Where it stands, such as `features/6`. */
  readonly path: string;
  /** The value that should be an object with the rest. */
  readonly feature: unknown;
}

/** A file whose form is known. */
export interface ZoneDocument {
  readonly kind: 'ok';
  readonly origin: ZoneSetDefinition['origin'];
  readonly zones: readonly RawZone[];
  readonly globalRules: unknown;
  /** How the zones are decided, if the file says so. */
  readonly quiet?: unknown;
  /** Ours: how long vehicles may be silent. */
  readonly silenceLimits?: unknown;
  /** A version this library does not know, if the file says one. */
  readonly unknownVersion?: string;
}

/**
 * Which of the forms we read is this: GBFS `geofencing_zones` (with or without the feed around it), MDS geographies, or a plain
 * GeoJSON FeatureCollection?
 */
export function readZoneDocument(document: unknown): ZoneDocument | ImportRefusal {
  if (!isObject(document)) return notRecognised('', 'the document is not a JSON object');
  const content = isObject(document.data) ? document.data : document;
  if (isObject(content.geofencing_zones)) return readGbfs(document.version, content, content.geofencing_zones);
  if (Array.isArray(content.geographies)) {
    return { kind: 'ok', origin: 'mds', zones: rawZones('geographies', content.geographies), globalRules: undefined };
  }
  if (document.type === 'FeatureCollection') {
    if (!Array.isArray(document.features))
      return notRecognised('features', 'a FeatureCollection has a list of features');
    return {
      kind: 'ok',
      origin: 'geojson',
      zones: rawZones('features', document.features),
      globalRules: document.global_rules,
      quiet: document.quiet,
      silenceLimits: document.silence_limits,
    };
  }
  return notRecognised('', 'neither GBFS geofencing_zones nor MDS geographies nor a GeoJSON FeatureCollection');
}

/** Is this a JSON object? */
export function isObject(value: unknown): value is { readonly [member: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readGbfs(
  version: unknown,
  content: { readonly [member: string]: unknown },
  collection: { readonly [member: string]: unknown },
): ZoneDocument | ImportRefusal {
  if (!Array.isArray(collection.features)) {
    return notRecognised(
      'geofencing_zones/features',
      'geofencing_zones is a FeatureCollection with a list of features',
    );
  }
  const globalRules = content.global_rules;
  const said = typeof version === 'string' ? /^([23])\./.exec(version)?.[1] : undefined;
  const isSecond = said ? said === '2' : globalRules === undefined && collection.features.some(speaksGbfs2);
  return {
    kind: 'ok',
    origin: isSecond ? 'gbfs2' : 'gbfs3',
    zones: rawZones('features', collection.features),
    globalRules,
    quiet: content.quiet,
    unknownVersion: said || version === undefined ? undefined : String(version).slice(0, 20),
  };
}

// The field that every rule of GBFS 2 has and no rule of GBFS 3.
function speaksGbfs2(feature: unknown): boolean {
  const properties = isObject(feature) ? feature.properties : undefined;
  const rules = isObject(properties) ? properties.rules : undefined;
  return Array.isArray(rules) && rules.some((rule) => isObject(rule) && 'ride_allowed' in rule);
}

function rawZones(list: string, features: readonly unknown[]): readonly RawZone[] {
  return features.map((feature, index) => ({ index, path: `${list}/${index}`, feature }));
}

function notRecognised(path: string, detail: string): ImportRefusal {
  return refusedImport('document_not_recognised', path, detail);
}
