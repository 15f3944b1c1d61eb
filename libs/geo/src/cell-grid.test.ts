import { cellOf, firstSlot } from './cell-grid';

test.each([
  [0, 4, 0],
  [0.2499, 4, 0],
  [0.25, 4, 1],
  [-0.25, 4, -1],
  [-5e-324, 4, -1],
  [7.9, 0.25, 1],
  [8, 0.25, 2],
  [-0.5, 0.25, -1],
  [5e-324, 0.25, 0],
  [-5e-324, 0.25, -1],
])('%d° lie in cell (of %d a degree) %d', (degrees, cellsPerDegree, cell) => {
  expect(cellOf(degrees, cellsPerDegree)).toBe(cell);
});

test('neighbouring cells spread evenly over the table', () => {
  const slots = 1_024;
  const counts = new Array<number>(slots).fill(0);
  for (let column = -100; column < 100; column += 1) {
    for (let row = 200_000; row < 200_100; row += 1) counts[firstSlot(column, row, slots)]! += 1;
  }
  // 20 a slot on average; by chance alone hardly one slot in a million has more than 46.
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20_000);
  expect(Math.max(...counts)).toBeLessThanOrEqual(46);
});
