import { inside, type Point } from './inside';

const square = [
  [0, 0],
  [10, 0],
  [10, 10],
  [0, 10],
  [0, 0],
];
const hole = [
  [4, 4],
  [6, 4],
  [6, 6],
  [4, 6],
  [4, 4],
];
const holed = { type: 'Polygon', coordinates: [square, hole] };

describe('the oracle’s own eyes', () => {
  it.each<[string, Point, boolean]>([
    ['in the middle of the body', [2, 2], true],
    ['on a corner', [0, 0], true],
    ['on an edge', [10, 5], true],
    ['level with a corner, outside', [-1, 10], false],
    ['level with a corner, inside', [2, 4], true],
    ['in the hole', [5, 5], false],
    ['on the edge of the hole', [4, 5], true],
    ['beyond', [11, 5], false],
  ])('see a vehicle %s', (_where, point, answer) => {
    expect(inside(point, holed)).toBe(answer);
    const turned = { type: 'Polygon', coordinates: [[...square].reverse(), [...hole].reverse()] };
    expect(inside(point, turned)).toBe(answer);
  });

  it('see a vehicle in the second part of a zone of two parts', () => {
    const apart = [square.map(([x, y]) => [x! + 20, y!])];
    const zone = { type: 'MultiPolygon', coordinates: [[square], apart] };
    expect(inside([25, 5], zone)).toBe(true);
    expect(inside([15, 5], zone)).toBe(false);
  });

  it('decide exactly beside a slanted edge, one double away from it', () => {
    const triangle = {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [3, 1],
          [0, 1],
          [0, 0],
        ],
      ],
    };
    // 0.3 is not 3 × 0.1 in doubles: it lies a hair to the left of the edge, which is the inner side.
    expect(inside([0.3, 0.1], triangle)).toBe(true);
    expect(inside([3 * 0.1, 0.1], triangle)).toBe(false);
    expect(inside([1.5, 0.5], triangle)).toBe(true);
  });
});
