/** `[lng, lat]`. */
export type Point = readonly [number, number];
type Ring = readonly (readonly number[])[];

/** A GeoJSON Polygon or MultiPolygon as stored. */
export interface Shape {
  readonly type: string;
  readonly coordinates: unknown;
}

/**
 * Is the point in the shape, its edges included and its holes left out? By counting crossings of a ray over every edge; the sign
 * of each comparison is exact. Slow and plain on purpose: it checks the product's own geometry and shares nothing with it.
 */
export function inside(point: Point, shape: Shape): boolean {
  const polygons = (shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates) as readonly (readonly Ring[])[];
  return polygons.some((rings) => inPolygon(point, rings));
}

/** Does the straight way from one point to the other touch an edge of the shape? With both ends outside it then leads through the shape. */
export function touchesEdge(from: Point, to: Point, shape: Shape): boolean {
  const polygons = (shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates) as readonly (readonly Ring[])[];
  return polygons.some((rings) => rings.some((ring) => meetsRing(from, to, ring)));
}

function meetsRing([px, py]: Point, [qx, qy]: Point, ring: Ring): boolean {
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [ax, ay] = ring[i] as unknown as Point;
    const [bx, by] = ring[i + 1] as unknown as Point;
    if (Math.max(ax, bx) < Math.min(px, qx) || Math.min(ax, bx) > Math.max(px, qx)) continue;
    if (Math.max(ay, by) < Math.min(py, qy) || Math.min(ay, by) > Math.max(py, qy)) continue;
    // Each has the ends of the other on both sides, or on itself.
    const edgeBetween = Math.sign(turn(px, py, qx, qy, ax, ay)) * Math.sign(turn(px, py, qx, qy, bx, by)) <= 0;
    const wayBetween = Math.sign(turn(ax, ay, bx, by, px, py)) * Math.sign(turn(ax, ay, bx, by, qx, qy)) <= 0;
    if (edgeBetween && wayBetween) return true;
  }
  return false;
}

function inPolygon(point: Point, [outer, ...holes]: readonly Ring[]): boolean {
  const where = placeIn(point, outer!);
  if (where !== 'in') return where === 'edge';
  // The edge of a hole still belongs to the polygon.
  return holes.every((hole) => placeIn(point, hole) !== 'in');
}

function placeIn([x, y]: Point, ring: Ring): 'in' | 'out' | 'edge' {
  let crossings = 0;
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const [ax, ay] = ring[i] as unknown as Point;
    const [bx, by] = ring[i + 1] as unknown as Point;
    if (y < Math.min(ay, by) || y > Math.max(ay, by)) continue;
    const side = turn(ax, ay, bx, by, x, y);
    if (side === 0 && x >= Math.min(ax, bx) && x <= Math.max(ax, bx)) return 'edge';
    // Half-open in y, so that a ray through a corner crosses once; it runs towards greater x.
    if (ay > y !== by > y && side > 0 === by > ay) crossings += 1;
  }
  return crossings % 2 === 1 ? 'in' : 'out';
}

/** On which side of the line from a to b is p: > 0 left, < 0 right, 0 on it. */
function turn(ax: number, ay: number, bx: number, by: number, px: number, py: number): number {
  const left = (bx - ax) * (py - ay);
  const right = (by - ay) * (px - ax);
  const sum = left - right;
  // Far above what five roundings of doubles can do to the sum.
  if (Math.abs(sum) > 1e-15 * (Math.abs(left) + Math.abs(right)) * 8) return sum;
  const [Ax, Ay, Bx, By, Px, Py] = [ax, ay, bx, by, px, py].map(whole) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const exact = (Bx - Ax) * (Py - Ay) - (By - Ay) * (Px - Ax);
  return exact > 0n ? 1 : exact < 0n ? -1 : 0;
}

/** A double times 2^1074 is a whole number: its exact value, in units of the smallest double there is. */
function whole(value: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const high = bits.getUint32(0);
  const exponent = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(bits.getUint32(4));
  const size = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
  return high >>> 31 === 1 ? -size : size;
}
