import { partsOf, type Geometry, type PolygonCoordinates, type Position } from './geometry';

/** The smallest box around a shape, in degrees. Around nothing it is inside out (Infinity first) and holds no position. */
export type BoundingBox = readonly [west: number, south: number, east: number, north: number];

/** Which box holds the whole geometry? Empty parts add nothing. */
export function boundingBoxOf(geometry: Geometry): BoundingBox {
  return partsOf(geometry).map(boundingBoxOfPolygon).reduce(united, NOTHING);
}

/** Which box holds the polygon? Its shell decides, for the holes lie within. */
export function boundingBoxOfPolygon(polygon: PolygonCoordinates): BoundingBox {
  let [west, south, east, north] = NOTHING;
  for (const [lng, lat] of polygon[0] ?? []) {
    west = Math.min(west, lng);
    south = Math.min(south, lat);
    east = Math.max(east, lng);
    north = Math.max(north, lat);
  }
  return [west, south, east, north];
}

/** Is the position in the box? On its edge is inside. */
export function insideBox([lng, lat]: Position, [west, south, east, north]: BoundingBox): boolean {
  return lng >= west && lng <= east && lat >= south && lat <= north;
}

const NOTHING: BoundingBox = [Infinity, Infinity, -Infinity, -Infinity];

function united(a: BoundingBox, b: BoundingBox): BoundingBox {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}
