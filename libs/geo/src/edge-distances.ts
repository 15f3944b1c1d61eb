import type { Position } from './geometry';
import { metresPerDegreeAt, shortWayRound, squaredDistanceToOrigin } from './distance-to-edge';
import { EDGES_PER_CHUNK } from './edge-reaches';
import type { PackedShapes } from './packed-shapes';

/**
 * Makes `distanceToEdgeM` of packed shapes, by their index, quick: of every 16 edges in a row it is known how far they reach
 * from their middle vertex. Where that vertex is farther away than the nearest edge so far and the reach together, none of
 * the 16 need be measured. The numbers are the very ones of `distanceToEdgeM`, for the nearest edge is measured as there.
 */
export function edgeDistances(shapes: PackedShapes): (shape: number, position: Position) => number {
  const { coordinates, ringVertices, partRings, shapeParts, ringChunks, reaches } = shapes;

  return (shape, [lng, lat]) => {
    const { xScale, yScale } = metresPerDegreeAt(lat);
    const firstRing = partRings[shapeParts[shape]!]!;
    const endRing = partRings[shapeParts[shape + 1]!]!;
    // The chunk whose middle is nearest comes first: it leaves the least for the others.
    let start = -1;
    let ringOfStart = -1;
    let nearestMiddle = Infinity;
    for (let ring = firstRing; ring < endRing; ring += 1) {
      for (let chunk = ringChunks[ring]!; chunk < ringChunks[ring + 1]!; chunk += 1) {
        const middle = 2 * middleOf(chunk, ring);
        const x = shortWayRound(coordinates[middle]! - lng) * xScale;
        const y = (coordinates[middle + 1]! - lat) * yScale;
        const squared = x * x + y * y;
        if (squared < nearestMiddle) {
          nearestMiddle = squared;
          start = chunk;
          ringOfStart = ring;
        }
      }
    }
    if (start < 0) return Infinity;

    let nearest = squaredDistanceToChunk(start, ringOfStart, lng, lat, xScale, yScale);
    let nearestM = Math.sqrt(nearest);
    for (let ring = firstRing; ring < endRing; ring += 1) {
      for (let chunk = ringChunks[ring]!; chunk < ringChunks[ring + 1]!; chunk += 1) {
        if (chunk === start) continue;
        const middle = 2 * middleOf(chunk, ring);
        const x = shortWayRound(coordinates[middle]! - lng) * xScale;
        const y = (coordinates[middle + 1]! - lat) * yScale;
        // Holds on the other side of the globe too: the way round never shrinks by more than the longitude moves.
        const farthest = nearestM + reaches[chunk]! * yScale;
        if (x * x + y * y > farthest * farthest) continue;
        const squared = squaredDistanceToChunk(chunk, ring, lng, lat, xScale, yScale);
        if (squared < nearest) {
          nearest = squared;
          nearestM = Math.sqrt(squared);
        }
      }
    }
    return nearestM;
  };

  function squaredDistanceToChunk(
    chunk: number,
    ring: number,
    lng: number,
    lat: number,
    xScale: number,
    yScale: number,
  ): number {
    const from = ringVertices[ring]! + (chunk - ringChunks[ring]!) * EDGES_PER_CHUNK;
    const to = Math.min(from + EDGES_PER_CHUNK, ringVertices[ring + 1]! - 1);
    let nearest = Infinity;
    let ax = coordinates[2 * from]!;
    let ay = coordinates[2 * from + 1]!;
    for (let i = 2 * from + 2; i <= 2 * to; i += 2) {
      const bx = coordinates[i]!;
      const by = coordinates[i + 1]!;
      const squared = squaredDistanceToOrigin(
        shortWayRound(ax - lng) * xScale,
        (ay - lat) * yScale,
        (bx - ax) * xScale,
        (by - ay) * yScale,
      );
      if (squared < nearest) nearest = squared;
      ax = bx;
      ay = by;
    }
    return nearest;
  }

  function middleOf(chunk: number, ring: number): number {
    const from = ringVertices[ring]! + (chunk - ringChunks[ring]!) * EDGES_PER_CHUNK;
    return Math.min(from + EDGES_PER_CHUNK / 2, ringVertices[ring + 1]! - 1);
  }
}
