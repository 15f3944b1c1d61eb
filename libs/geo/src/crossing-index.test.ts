import { buildCrossingIndex } from './crossing-index';
import type { Geometry, Ring } from './geometry';

const ring = (west: number, south: number, east: number, north: number): Ring => [
  [west, south],
  [east, south],
  [east, north],
  [west, north],
  [west, south],
];
const box = (...edges: Parameters<typeof ring>): Geometry => ({ type: 'Polygon', coordinates: [ring(...edges)] });
const holed: Geometry = { type: 'Polygon', coordinates: [ring(4, -2, 8, 2), ring(5, -1, 7, 1)] };
const all = () => true;

describe('a straight way', () => {
  const strips = buildCrossingIndex([box(6, -1, 7, 1), box(2, -1, 3, 1), box(2, 5, 3, 6)]);

  it('leads through the shapes that it crosses, in its own order, from here to there', () => {
    expect(strips.between([0, 0], [10, 0], all)).toEqual([
      { index: 1, enter: expect.closeTo(0.2), exit: expect.closeTo(0.3) },
      { index: 0, enter: expect.closeTo(0.6), exit: expect.closeTo(0.7) },
    ]);
    expect(strips.between([10, 0], [0, 0], all).map(({ index }) => index)).toEqual([0, 1]);
  });

  it('leads through those only that were asked for', () => {
    expect(strips.between([0, 0], [10, 0], (index) => index !== 1).map(({ index }) => index)).toEqual([0]);
  });

  it('leads past what is beside it, before it and behind it', () => {
    expect(strips.between([0, 1.001], [10, 1.001], all)).toEqual([]);
    expect(strips.between([3.5, 0], [5.5, 0], all)).toEqual([]);
    expect(strips.between([0, 0], [10, 10], all).map(({ index }) => index)).toEqual([]);
  });

  it('does not lead through what it only touches, at a corner or along an edge', () => {
    expect(strips.between([1, 0], [3, 2], all)).toEqual([]);
    const upright = buildCrossingIndex([box(0, 0, 1, 1)]);
    expect(upright.between([-1, 1], [1, -1], all)).toEqual([]);
    expect(upright.between([-1, 1], [2, 1], all)).toEqual([]);
    expect(upright.between([-1, -1], [2, 2], all)).toHaveLength(1);
  });

  it('leads through a shape with a hole from its first edge to its last, and not through one within the hole', () => {
    const index = buildCrossingIndex([holed]);
    expect(index.between([0, 0], [10, 0], all)).toEqual([
      { index: 0, enter: expect.closeTo(0.4), exit: expect.closeTo(0.8) },
    ]);
    expect(index.between([5.5, 0], [6.5, 0], all)).toEqual([]);
  });

  it('finds every strip of a millionth of the way, wherever it is', () => {
    for (let i = 0; i < 500; i += 1) {
      const at = (i * 0.6180339887) % 1;
      const index = buildCrossingIndex([box(at, -1, at + 1e-6, 1)]);
      expect(index.between([0, -0.3], [1, 0.4], all)).toHaveLength(1);
    }
  });

  it('leads nobody knows where across half of the world, and nowhere without shapes', () => {
    expect(strips.between([-179, 0], [179, 0], all)).toEqual([]);
    expect(buildCrossingIndex([]).between([0, 0], [1, 1], all)).toEqual([]);
  });
});
