import fc from 'fast-check';
import { boxAround } from './box-around';
import { partsOf } from './geometry';
import { haversineM } from './haversine';
import { pointInMultiPolygon } from './point-in-polygon';
import { buildZoneIndex } from './zone-index';

const around = (lng: number, lat: number, metres: number) => boxAround([lng, lat, lng, lat], metres);

test('holds every position within reach of a point, anywhere on earth, also through the index', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.double({ min: -180, max: 180, noNaN: true }), fc.constantFrom(-180, 180, 179.9999, -179.9999)),
      fc.double({ min: -89.9, max: 89.9, noNaN: true }),
      fc.double({ min: 0, max: 2 * Math.PI, noNaN: true }),
      fc.integer({ min: 1, max: 60 }),
      (lng, lat, heading, reachM) => {
        const perLat = 111_195;
        const dLat = (Math.sin(heading) * reachM) / perLat;
        const dLng = (Math.cos(heading) * reachM) / perLat / Math.cos((lat * Math.PI) / 180);
        const to = lng + dLng;
        const there = [to > 180 ? to - 360 : to < -180 ? to + 360 : to, lat + dLat] as const;
        if (haversineM([lng, lat], there) > reachM) return;
        const box = around(lng, lat, reachM);
        expect(pointInMultiPolygon(there, partsOf(box))).toBe(true);
        expect(buildZoneIndex([box]).containing(there)).toEqual([0]);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('is no larger than it must be', () => {
  const box = partsOf(around(4.9, 52.37, 30));
  expect(pointInMultiPolygon([4.9, 52.37 + 32 / 111_195], box)).toBe(false);
  expect(pointInMultiPolygon([4.9 + 50 / 111_195, 52.37], box)).toBe(false);
});

test('reaches over the antimeridian, from either side', () => {
  for (const side of [1, -1]) {
    const box = partsOf(around(side * 179.9999, -17, 30));
    expect(box).toHaveLength(2);
    expect(pointInMultiPolygon([side * 179.99995, -17], box)).toBe(true);
    expect(pointInMultiPolygon([side * -179.9999, -17], box)).toBe(true);
    expect(pointInMultiPolygon([side * -179.999, -17], box)).toBe(false);
  }
});

test('goes all the way round at a pole, and around what is wider than the globe', () => {
  expect(pointInMultiPolygon([-170, 89.99999], partsOf(around(10, 89.9999, 30)))).toBe(true);
  const wide = partsOf(boxAround([-180, -17, 180, -16], 30));
  expect(wide).toHaveLength(1);
  expect(pointInMultiPolygon([0, -16.5], wide)).toBe(true);
});
