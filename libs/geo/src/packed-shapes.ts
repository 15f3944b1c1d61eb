import { edgeReaches, type EdgeReaches } from './edge-reaches';
import { partsOf, type Geometry, type Ring } from './geometry';

/**
 * Shapes laid flat into typed arrays: what an index is built from and what it asks at the border. Plain data, so that it can
 * be posted to a worker or lie in shared memory. Rings and parts that are empty are left out; shapes keep their places.
 *
 * Edge `v` runs from vertex `v` to vertex `v + 1`. A ring repeats its first vertex at its end, so its last vertex begins no edge.
 */
export interface PackedShapes extends EdgeReaches {
  /** How many shapes were given, empty ones counted. */
  readonly size: number;
  /** Longitude and latitude of vertex `v` at `2v` and `2v + 1`, exactly the doubles given. */
  readonly coordinates: Float64Array;
  /** The first vertex of each ring, and behind the last ring the number of vertices. */
  readonly ringVertices: Uint32Array;
  /** The first ring (the shell) of each part, and behind the last part the number of rings. */
  readonly partRings: Uint32Array;
  /** The first part of each shape, and behind the last shape the number of parts. */
  readonly shapeParts: Uint32Array;
}

/** Lays the shapes flat. The coordinates are copied and must be finite; throws a RangeError when one is not. */
export function packShapes(shapes: readonly Geometry[]): PackedShapes {
  const parts = shapes.map((shape) =>
    partsOf(shape)
      .filter(([shell]) => shell !== undefined && shell.length > 0)
      .map((polygon) => polygon.filter((ring) => ring.length > 0)),
  );
  const polygons = parts.flat();
  const rings = polygons.flat();
  const coordinates = coordinatesOf(rings);
  const ringVertices = startsOf(rings.map((ring) => ring.length));
  return {
    size: shapes.length,
    coordinates,
    ringVertices,
    partRings: startsOf(polygons.map((polygon) => polygon.length)),
    shapeParts: startsOf(parts.map((polygonsOfShape) => polygonsOfShape.length)),
    ...edgeReaches(coordinates, ringVertices),
  };
}

/** Where each of the lists begins when they are laid end to end, and behind the last where they end. */
function startsOf(lengths: readonly number[]): Uint32Array {
  const starts = new Uint32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i += 1) starts[i + 1] = starts[i]! + lengths[i]!;
  return starts;
}

function coordinatesOf(rings: readonly Ring[]): Float64Array {
  const coordinates = new Float64Array(2 * rings.reduce((sum, ring) => sum + ring.length, 0));
  let at = 0;
  for (const ring of rings) {
    for (const position of ring) {
      const [lng, lat] = position;
      if (!Number.isFinite(lng) || !Number.isFinite(lat)) {
        throw new RangeError(`an index needs finite coordinates, not [${lng}, ${lat}]`);
      }
      coordinates[at] = lng;
      coordinates[at + 1] = lat;
      at += 2;
    }
  }
  return coordinates;
}
