import { boundingBoxOf, insideBox } from './bounding-box';
import { ring, square } from './testing/rings';

test('the box of a shape holds all its parts', () => {
  const coordinates = [[square(5, 52, 1), square(5.2, 52.2, 0.1)], [], [[]], [ring([-3, 40], [-2, 40], [-2, 41])]];
  expect(boundingBoxOf({ type: 'MultiPolygon', coordinates })).toEqual([-3, 40, 6, 53]);
});

test('the box of a polygon is exact to the last bit', () => {
  const coordinates = [ring([0.1 + 0.2, 0], [1, 0.1 + 0.7], [0.5, 1 / 3])];
  expect(boundingBoxOf({ type: 'Polygon', coordinates })).toEqual([0.30000000000000004, 0, 1, 0.7999999999999999]);
});

test('a position on the edge of a box is inside it, one beside it is not', () => {
  const box = [5, 52, 6, 53] as const;
  expect(
    [
      [5, 52],
      [6, 53],
      [5.5, 53],
      [5, 52.5],
      [5.5, 52.5],
    ].map(([lng, lat]) => insideBox([lng!, lat!], box)),
  ).toEqual([true, true, true, true, true]);
  expect(
    [
      [4.9, 52.5],
      [6.1, 52.5],
      [5.5, 51.9],
      [5.5, 53.1],
    ].map(([lng, lat]) => insideBox([lng!, lat!], box)),
  ).toEqual([false, false, false, false]);
});

test('the box of nothing holds nothing', () => {
  const box = boundingBoxOf({ type: 'MultiPolygon', coordinates: [] });
  expect(insideBox([0, 0], box)).toBe(false);
});
