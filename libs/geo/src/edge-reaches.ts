/** Edges that are measured, or left out, together. */
export const EDGES_PER_CHUNK = 16;

/** How far every 16 edges in a row reach: what lets `distanceToEdgeM` leave most of them out. */
export interface EdgeReaches {
  /** The first chunk of each ring, and behind the last ring the number of chunks. */
  readonly ringChunks: Uint32Array;
  /** How far each chunk's vertices are from its middle one at most, degrees, rounded up. */
  readonly reaches: Float32Array;
}

/** Measures the reaches of all edges. */
export function edgeReaches(coordinates: Float64Array, ringVertices: Uint32Array): EdgeReaches {
  const rings = ringVertices.length - 1;
  const ringChunks = new Uint32Array(rings + 1);
  for (let ring = 0; ring < rings; ring += 1) {
    const edges = ringVertices[ring + 1]! - ringVertices[ring]! - 1;
    ringChunks[ring + 1] = ringChunks[ring]! + Math.ceil(edges / EDGES_PER_CHUNK);
  }
  const reaches = new Float32Array(ringChunks[rings]!);
  for (let ring = 0; ring < rings; ring += 1) {
    const lastVertex = ringVertices[ring + 1]! - 1;
    for (let chunk = ringChunks[ring]!; chunk < ringChunks[ring + 1]!; chunk += 1) {
      const from = ringVertices[ring]! + (chunk - ringChunks[ring]!) * EDGES_PER_CHUNK;
      const to = Math.min(from + EDGES_PER_CHUNK, lastVertex);
      const middle = Math.min(from + EDGES_PER_CHUNK / 2, lastVertex);
      let squared = 0;
      for (let v = from; v <= to; v += 1) {
        const dx = coordinates[2 * v]! - coordinates[2 * middle]!;
        const dy = coordinates[2 * v + 1]! - coordinates[2 * middle + 1]!;
        squared = Math.max(squared, dx * dx + dy * dy);
      }
      // Float32 rounds by 6e-8 of the number: up, together with all other rounding.
      reaches[chunk] = Math.sqrt(squared) * (1 + 2 ** -20) + 1e-12;
    }
  }
  return { ringChunks, reaches };
}
