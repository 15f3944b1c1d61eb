import { compileStationSet, compileStationSetInPieces, stationAllowanceM, stationAt } from './station-set';
import { aSquare, aStationSet, aZoneSet, movedBy } from './testing';

const [LNG, LAT] = [4.8932, 52.3731];
const at = (eastM: number, northM = 0) => {
  const { lng, lat } = movedBy(LNG, LAT, eastM, northM);
  return [lng, lat] as const;
};
const square = (eastM: number, sizeM: number) => {
  const [lng, lat] = at(eastM);
  return aSquare(lng, lat, sizeM);
};
const idAt = (set: ReturnType<typeof aStationSet>, eastM: number, allowanceM = 0) =>
  stationAt(set, at(eastM), allowanceM)?.stationId;

test('in its area is at a station, on the edge too, and beside it only as far as is allowed', () => {
  const set = aStationSet([{ area: square(0, 40) }]);
  expect([0, 19, 21].map((eastM) => idAt(set, eastM))).toEqual(['station-0', 'station-0', undefined]);
  expect(stationAt(set, [square(0, 40).coordinates[0]![2]![0] as number, LAT], 0)).toBeDefined();
  expect([39, 41].map((eastM) => idAt(set, eastM, 20))).toEqual(['station-0', undefined]);
  expect([49, 51].map((eastM) => idAt(set, eastM, 30))).toEqual(['station-0', undefined]);
});

test('a station that is only a point reaches 30 m, whatever else is allowed', () => {
  const set = aStationSet([{ position: at(0) }]);
  for (const allowanceM of [0, 30])
    expect([29, 31].map((eastM) => idAt(set, eastM, allowanceM))).toEqual(['station-0', undefined]);
});

test('the area decides where there is one: a point far from it is no second place', () => {
  const set = aStationSet([{ position: at(500), area: square(0, 40) }]);
  expect([0, 500].map((eastM) => idAt(set, eastM))).toEqual(['station-0', undefined]);
});

test('of several one with an area comes first, then the nearest, then the earlier in the file', () => {
  const points = aStationSet([{ position: at(0) }, { position: at(40) }, { position: at(40) }]);
  expect([15, 25].map((eastM) => idAt(points, eastM))).toEqual(['station-0', 'station-1']);
  const both = aStationSet([{ position: at(0) }, { area: square(25, 20) }, { area: square(0, 10) }]);
  expect(idAt(both, 0)).toBe('station-2');
  expect(idAt(both, 16)).toBe('station-1');
  expect(idAt(both, 13)).toBe('station-0');
  expect(idAt(both, 13, 20)).toBe('station-1');
  expect(idAt(aStationSet([{ area: square(25, 20) }, { position: at(12) }]), 13, 20)).toBe('station-0');
});

test('a station at the antimeridian is one on both sides of it', () => {
  const set = aStationSet([{ position: [179.9999, -17] }]);
  expect(stationAt(set, [-179.9999, -17], 0)).toBeDefined();
  expect(stationAt(set, [-179.999, -17], 0)).toBeUndefined();
});

test('where every fix decides none is taken for another; otherwise by its error, within reason', () => {
  const immediate = aZoneSet({ profile: 'immediate' });
  const confirmed = aZoneSet({ profile: 'confirmed' });
  expect(stationAllowanceM(immediate, 50)).toBe(0);
  expect([undefined, 0.1, 12, 100].map((accuracyM) => stationAllowanceM(confirmed, accuracyM))).toEqual([
    20, 20, 24, 30,
  ]);
});

test('made in pieces it is the same', async () => {
  const { definition } = aStationSet([{ area: square(0, 40) }, { position: at(100) }]);
  const [whole, pieces] = [
    compileStationSet(definition, 3),
    await compileStationSetInPieces(definition, 3, async () => undefined),
  ];
  expect(pieces.version).toBe(3);
  for (const eastM of [0, 21, 75, 131]) expect(idAt(pieces, eastM)).toBe(idAt(whole, eastM));
});
