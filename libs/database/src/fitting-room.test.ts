import { fittingRoom } from './fitting-room';

const MB = 1_048_576;

test('a buffer that was far too large for 64 uses shrinks to twice the most of them', () => {
  const fit = fittingRoom();
  const sizes = Array.from({ length: 64 }, (_, use) => fit(8 * MB, use === 9 ? MB : 0));
  expect(sizes.slice(0, -1).every((size) => size === 8 * MB)).toBe(true);
  expect(sizes.at(-1)).toBe(2 * MB);
});

test('one that is used to a quarter now and then stays as it is', () => {
  const fit = fittingRoom();
  const sizes = Array.from({ length: 640 }, (_, use) => fit(8 * MB, use % 60 === 0 ? 2 * MB : 0));
  expect(new Set(sizes)).toEqual(new Set([8 * MB]));
});

test('what is small stays, however little is used of it', () => {
  const fit = fittingRoom();
  const sizes = Array.from({ length: 128 }, () => fit(65_536, 0));
  expect(new Set(sizes)).toEqual(new Set([65_536]));
});
