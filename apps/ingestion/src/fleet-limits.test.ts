import { createFleetLimits } from './fleet-limits';

test("one fleet's backfill is slowed down, another fleet is not", () => {
  const limits = createFleetLimits(10, () => 0);
  expect(limits.take('backfilling', 6_000)).toBeUndefined();
  expect(limits.take('backfilling', 100)).toBe(10);
  expect(limits.take('quiet', 1)).toBeUndefined();
});

test('a request larger than the whole burst passes once the bucket is full', () => {
  let now = 0;
  const limits = createFleetLimits(1, () => now);
  expect(limits.take('small', 1_000)).toBeUndefined();
  expect(limits.take('small', 1_000)).toBe(600);
  now = 600_000;
  expect(limits.take('small', 1_000)).toBeUndefined();
});

test('embedded nobody is limited', () => {
  const limits = createFleetLimits(undefined, () => 0);
  for (let i = 0; i < 100; i++) expect(limits.take('default', 1_000_000)).toBeUndefined();
});
