import { checkCoordinates } from './check-coordinates';
import { checkTopology } from './check-topology';
import type { MultiPolygonCoordinates } from './geometry';
import { refused, type GeometryRefusal } from './geometry-refusal';

/** How much of a shape is taken, and how strictly. What is left out has a generous default. */
export interface GeometryLimits {
  /** Positions in one polygon, its holes included and every position counted as it came; 10,000 unless told. */
  readonly verticesPerPolygon?: number;
  /** Rings in one polygon, the shell included; 500 unless told. */
  readonly ringsPerPolygon?: number;
  /** Polygons in one multipolygon; 500 unless told. */
  readonly parts?: number;
  /**
   * What to do with parts that overlap or share an edge: refuse them, as JTS, PostGIS and OGC Simple Features do (unless
   * told), or accept them: every question this library answers is about the union of the parts.
   */
  readonly overlappingParts?: 'refuse' | 'accept';
  /**
   * How often two edges whose boxes meet may be compared: what a shape drawn to be slow may cost; 200,000,000 (about four
   * seconds) unless told. Shapes of the world need some ten an edge.
   */
  readonly edgeComparisons?: number;
}

/** The whole of the limits, and whether coordinates are longitude and latitude or of some plane (test cases of JTS are). */
export interface GeometryRules extends Required<GeometryLimits> {
  readonly plane: boolean;
}

/** A geometry that is taken, as a MultiPolygon, or the first reason found why it is not. */
export type CheckedGeometry =
  | {
      readonly kind: 'ok';
      readonly geometry: { readonly type: 'MultiPolygon'; readonly coordinates: MultiPolygonCoordinates };
    }
  | GeometryRefusal;

/**
 * Is this unknown value a GeoJSON Polygon or MultiPolygon that can be trusted? Validity is that of OGC Simple Features as JTS
 * checks it: repeated positions and touching rings are valid, winding means nothing, an empty part or hole adds nothing.
 * Beyond JTS: longitudes within ±180, latitudes within ±90, no edge of more than 180° (a shape across the antimeridian comes
 * as two parts, RFC 7946 3.1.9), and limits of size. Nothing is repaired: the coordinates are the very arrays given, numbers
 * after longitude and latitude included. `path` says where the value stands and starts the path of a refusal.
 */
export function checkGeometry(value: unknown, path: string, limits: GeometryLimits = {}): CheckedGeometry {
  return checkByRules(value, path, { ...DEFAULT_LIMITS, ...limits, plane: false });
}

/** The same for coordinates of a plane, where nothing is out of range and no meridian is special. Not for zones. */
export function checkPlaneGeometry(value: unknown, path: string, limits: GeometryLimits = {}): CheckedGeometry {
  return checkByRules(value, path, { ...DEFAULT_LIMITS, ...limits, plane: true });
}

const DEFAULT_LIMITS: Required<GeometryLimits> = {
  verticesPerPolygon: 10_000,
  ringsPerPolygon: 500,
  parts: 500,
  overlappingParts: 'refuse',
  edgeComparisons: 200_000_000,
};

function checkByRules(value: unknown, path: string, rules: GeometryRules): CheckedGeometry {
  if (value === null || value === undefined) return refused('geometry_missing', path, 'there is no geometry', value);
  const { type, coordinates } = value as { type?: unknown; coordinates?: unknown };
  if (type !== 'Polygon' && type !== 'MultiPolygon') {
    return refused('geometry_type_unsupported', `${path}/type`, 'only Polygon and MultiPolygon are surfaces', type);
  }

  const checked = checkCoordinates(type, coordinates, `${path}/coordinates`, rules);
  if (checked.kind === 'refused') return checked;
  const wrong = checkTopology(checked.rings, rules);
  return wrong ?? { kind: 'ok', geometry: { type: 'MultiPolygon', coordinates: checked.coordinates } };
}
