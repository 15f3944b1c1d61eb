import { createDenyList } from './deny-list';

const token = (over = {}) => ({ fleetId: 'default', vehicleId: 'bike-42', number: 2, ...over });
const list = createDenyList([
  { fleetId: 'default', vehicleId: 'bike-42', number: 3, from: 2_000 },
  { fleetId: 'default', vehicleId: 'bike-42', number: 2, from: 1_000 },
]);

test('a token dies with its number and all older ones, at its moment', () => {
  expect([999, 1_000].map((now) => list.denies(token(), now))).toEqual([false, true]);
  expect(list.denies(token({ number: 1 }), 1_000)).toBe(true);
  expect([1_999, 2_000].map((now) => list.denies(token({ number: 3 }), now))).toEqual([false, true]);
  expect(list.denies(token({ number: 4 }), 9_000)).toBe(false);
});

test('another vehicle, and the same one of another fleet, live on', () => {
  expect(list.denies(token({ vehicleId: 'bike-43' }), 9_000)).toBe(false);
  expect(list.denies(token({ fleetId: 'another' }), 9_000)).toBe(false);
});

test('an empty list denies nobody', () => {
  expect(createDenyList([]).denies(token(), 9_000)).toBe(false);
});
