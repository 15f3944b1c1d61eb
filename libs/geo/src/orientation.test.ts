import { orientation } from './orientation';
import { wholeNumber } from './testing/exact-judge';
import { seededRandom } from './testing/seeded-random';

function byWholeNumbers(...coordinates: readonly [number, number, number, number, number, number]): number {
  const [ax, ay, bx, by, cx, cy] = coordinates.map(wholeNumber) as [bigint, bigint, bigint, bigint, bigint, bigint];
  const determinant = (ax - cx) * (by - cy) - (ay - cy) * (bx - cx);
  return determinant > 0n ? 1 : determinant < 0n ? -1 : 0;
}

test('left of a line, right of it and on it', () => {
  expect(orientation(0, 0, 1, 0, 0.5, 1)).toBe(1);
  expect(orientation(0, 0, 1, 0, 0.5, -1)).toBe(-1);
  expect(orientation(0, 0, 1, 0, 0.5, 0)).toBe(0);
  expect(orientation(0, 0, 1, 0, 7, 0)).toBe(0);
});

test('around a line, every position of the finest grid there is lies on its true side', () => {
  // The classroom example of Kettner, Mehlhorn, Pion, Schirra and Yap (2008), where plain arithmetic draws confetti.
  const step = 2 ** -53;
  for (let i = 0; i < 64; i += 1) {
    for (let k = 0; k < 64; k += 1) {
      const [x, y] = [0.5 + i * step, 0.5 + k * step];
      expect(orientation(12, 12, 24, 24, x, y)).toBe(Math.sign(y - x) + 0);
    }
  }
});

test('numbers so small that their products vanish are still told apart', () => {
  expect(orientation(0, 0, 1e-200, 1e-200, 1e-200, 2e-200)).toBe(1);
  expect(orientation(0, 0, 1e-200, 1e-200, 2e-200, 1e-200)).toBe(-1);
  expect(orientation(0, 0, 1e-200, 1e-200, 2e-200, 2e-200)).toBe(0);
  expect(orientation(0, 0, 1, 5e-324, 0.5, 0)).toBe(-1);
  expect(orientation(-180, -90, 180, 90, 1e-300, 0)).toBe(-1);
});

test('of random numbers of all sizes, none is told otherwise than by whole numbers', () => {
  const random = seededRandom(3);
  const sizes = [1, 1e-5, 1e-17, 1e-60, 1e-150, 1e-310];
  const coordinate = (): number => {
    const size = sizes[Math.floor(random() * sizes.length)]!;
    return (random() < 0.3 ? Math.round(random() * 4 - 2) : random() * 2 - 1) * size;
  };
  const wrong: number[][] = [];
  for (let i = 0; i < 20_000; i += 1) {
    const six: [number, number, number, number, number, number] = [
      coordinate(),
      coordinate(),
      coordinate(),
      coordinate(),
      coordinate(),
      coordinate(),
    ];
    if (orientation(...six) !== byWholeNumbers(...six)) wrong.push(six);
  }
  expect(wrong).toEqual([]);
});
