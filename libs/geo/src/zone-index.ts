import Flatbush from 'flatbush';
import { boundingBoxOfPolygon } from './bounding-box';
import { partsOf, type Geometry, type PolygonCoordinates, type Position } from './geometry';
import { pointInPolygon } from './point-in-polygon';

/** Answers, for many shapes at once, which of them contain a position. */
export interface ZoneIndex {
  /** How many shapes were given, empty ones counted. */
  readonly size: number;
  /** The indices (in the list given to `buildZoneIndex`) of all shapes that contain the position, ascending = file order. */
  containing(position: Position): readonly number[];
}

/**
 * Which shapes contain a position, without asking each? A packed R-tree (flatbush) over the boxes of the *parts* leaves few
 * candidates: a zone of parking spots all over a city has a box as large as the city, its parts do not. Each candidate
 * is then asked exactly, as `pointInPolygon` does. Edges count as inside.
 */
export function buildZoneIndex(shapes: readonly Geometry[]): ZoneIndex {
  const parts = shapes.flatMap((shape, index) =>
    partsOf(shape)
      .filter(hasShell)
      .map((polygon) => ({ polygon, index })),
  );
  // flatbush throws on zero items.
  if (parts.length === 0) return { size: shapes.length, containing: () => [] };

  const tree = new Flatbush(parts.length);
  for (const { polygon } of parts) tree.add(...boundingBoxOfPolygon(polygon));
  tree.finish();

  return {
    size: shapes.length,
    containing(position) {
      const [lng, lat] = position;
      const found: number[] = [];
      // The filter does the work and keeps nothing, so that flatbush gathers no list of its own.
      tree.search(lng, lat, lng, lat, (item) => {
        const { polygon, index } = parts[item]!;
        if (!found.includes(index) && pointInPolygon(position, polygon)) found.push(index);
        return false;
      });
      return found.sort((a, b) => a - b);
    },
  };
}

function hasShell(polygon: PolygonCoordinates): boolean {
  return polygon[0] !== undefined && polygon[0].length > 0;
}
