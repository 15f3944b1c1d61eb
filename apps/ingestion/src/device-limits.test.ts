import { createDeviceLimits } from './device-limits';

/** How many of the requests pass that a device sends evenly, so many a second. */
function passedOf(perSecond: number, seconds: number): number {
  let now = 0;
  const limits = createDeviceLimits(() => now);
  let passed = 0;
  for (let i = 0; i < perSecond * seconds; i++) {
    now = (i * 1_000) / perSecond;
    if (limits.take('default', 'bike-42') === undefined) passed++;
  }
  return passed;
}

test.each([1, 10, 60, 600])(
  'who sends 20 a second for %i s gets 120 and 2 a second through, or all of it',
  (seconds) => {
    const promised = Math.min(20 * seconds, 120 + 2 * seconds);
    expect(passedOf(20, seconds)).toBeGreaterThanOrEqual(promised * 0.98);
    expect(passedOf(20, seconds)).toBeLessThanOrEqual(promised + 1);
  },
);

test('who sends 2 a second for an hour is never refused', () => {
  expect(passedOf(2, 3_600)).toBe(7_200);
});

test('one device is told to wait a second, which is enough; another device and another fleet are untouched', () => {
  let now = 0;
  const limits = createDeviceLimits(() => now);
  for (let i = 0; i < 120; i++) expect(limits.take('default', 'loud')).toBeUndefined();
  expect(limits.take('default', 'loud')).toBe(1);
  expect(limits.take('default', 'quiet')).toBeUndefined();
  expect(limits.take('another', 'loud')).toBeUndefined();
  now += 1_000;
  expect(limits.take('default', 'loud')).toBeUndefined();
});
