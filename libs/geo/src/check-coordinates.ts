import type { GeometryRules } from './check-geometry';
import { checkRing, type CheckedRing } from './check-ring';
import type { MultiPolygonCoordinates, Ring } from './geometry';
import { refused, type GeometryRefusal } from './geometry-refusal';

/** Coordinates that are arrays of arrays of numbers where they should be, each ring good by itself. */
export interface CheckedCoordinates {
  readonly kind: 'ok';
  /** The parts as they came, a Polygon as the only one. */
  readonly coordinates: MultiPolygonCoordinates;
  /** Every ring that is not empty, part by part, the shell of a part before its holes. */
  readonly rings: readonly CheckedRing[];
}

/** Are these the coordinates of a Polygon or MultiPolygon, within the limits, each ring good by itself? */
export function checkCoordinates(
  type: 'Polygon' | 'MultiPolygon',
  coordinates: unknown,
  path: string,
  rules: GeometryRules,
): CheckedCoordinates | GeometryRefusal {
  if (!Array.isArray(coordinates)) {
    return refused('coordinates_invalid', path, 'coordinates should be an array', coordinates);
  }
  const parts: readonly unknown[] = type === 'Polygon' ? [coordinates] : coordinates;
  if (parts.length > rules.parts) {
    return refused('too_many_parts', path, `${parts.length} parts are more than ${rules.parts}`, parts.length);
  }

  const rings: CheckedRing[] = [];
  for (const [part, polygon] of parts.entries()) {
    const partPath = type === 'Polygon' ? path : `${path}/${part}`;
    const wrong = checkPolygon(polygon, part, partPath, rules, rings);
    if (wrong) return wrong;
  }
  if (rings.length === 0) return refused('geometry_empty', path, 'there is not one ring in the geometry');
  return { kind: 'ok', coordinates: parts as MultiPolygonCoordinates, rings };
}

function checkPolygon(
  polygon: unknown,
  part: number,
  path: string,
  rules: GeometryRules,
  found: CheckedRing[],
): GeometryRefusal | undefined {
  if (!Array.isArray(polygon)) {
    return refused('coordinates_invalid', path, 'a polygon should be an array of rings', polygon);
  }
  if (polygon.length > rules.ringsPerPolygon) {
    const detail = `${polygon.length} rings in one polygon are more than ${rules.ringsPerPolygon}`;
    return refused('too_many_rings', path, detail, polygon.length);
  }
  for (const [i, ring] of polygon.entries()) {
    if (!Array.isArray(ring)) {
      return refused('coordinates_invalid', `${path}/${i}`, 'a ring should be an array of positions', ring);
    }
  }
  const vertices = (polygon as readonly Ring[]).reduce((sum, ring) => sum + ring.length, 0);
  if (vertices > rules.verticesPerPolygon) {
    const detail = `${vertices} positions in one polygon are more than ${rules.verticesPerPolygon}`;
    return refused('too_many_vertices', path, detail, vertices);
  }

  for (const [i, ring] of polygon.entries()) {
    // An empty hole takes nothing away and an empty part adds nothing; a hole in an empty shell makes no sense.
    if (ring.length === 0 && (i > 0 || vertices === 0)) continue;
    const checked = checkRing(ring, `${path}/${i}`, part, i === 0, rules);
    if (checked.kind === 'refused') return checked;
    found.push(checked);
  }
  return undefined;
}
