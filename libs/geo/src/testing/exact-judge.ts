import type { PolygonCoordinates } from '../geometry';

/**
 * Where is the position, by whole numbers alone? An independent judge of point in polygon: every double is read from its
 * bits as a multiple of 2^-1074, the ray goes north and the sides come from BigInt products. Shares no code with what it
 * judges, and is some hundred times slower.
 */
export function exactJudge(
  polygon: PolygonCoordinates,
): (lng: number, lat: number) => 'inside' | 'boundary' | 'outside' {
  const rings = polygon.map((ring) => ring.map(([lng, lat]) => ({ lng, lat, ...lazily(lng, lat) })));
  return (lng, lat) => {
    const position = lazily(lng, lat);
    let crossings = 0;
    for (const ring of rings) {
      for (let i = 0; i < ring.length - 1; i += 1) {
        const [p, q] = [ring[i]!, ring[i + 1]!];
        // Doubles compare exactly: an edge wholly to the west, to the east or to the south is neither met nor crossed.
        if ((p.lng < lng && q.lng < lng) || (p.lng > lng && q.lng > lng) || (p.lat < lat && q.lat < lat)) continue;
        const [x, y] = [position.x(), position.y()];
        const [px, py, qx, qy] = [p.x() - x, p.y() - y, q.x() - x, q.y() - y];
        const cross = px * qy - py * qx;
        // On the line, and the two ends lie in opposite directions (or one of them here).
        if (cross === 0n && px * qx + py * qy <= 0n) return 'boundary';
        // West end strictly west, east end here or east: the edge passes north of the position when it lies to its right.
        if (px < 0n && qx >= 0n && cross < 0n) crossings += 1;
        if (qx < 0n && px >= 0n && cross > 0n) crossings += 1;
      }
    }
    return crossings % 2 === 1 ? 'inside' : 'outside';
  };
}

// Most edges never need their whole numbers.
function lazily(lng: number, lat: number): { x(): bigint; y(): bigint } {
  let [x, y]: (bigint | undefined)[] = [];
  return { x: () => (x ??= wholeNumber(lng)), y: () => (y ??= wholeNumber(lat)) };
}

/** The double as a whole number of 2^-1074, read from its bits (IEEE 754: sign, 11 bits of exponent, 52 of fraction). */
export function wholeNumber(double: number): bigint {
  view.setFloat64(0, double);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | 0x10000000000000n) << (exponent - 1n);
  return bits >> 63n === 1n ? -magnitude : magnitude;
}

const view = new DataView(new ArrayBuffer(8));
