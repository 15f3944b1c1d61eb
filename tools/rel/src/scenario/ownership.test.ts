import { ownerlessTimes, showOwnerless, type OwnershipMark } from './ownership';

const mark = (at: number, partition: number, what: OwnershipMark['what'], epoch = 1): OwnershipMark => ({
  ...{ at, partition, what, epoch },
});

describe('the time in which nobody owned a partition', () => {
  it('is that from letting it go to the next claim', () => {
    const marks = [mark(10, 0, 'claimed'), mark(100, 0, 'left'), mark(130, 0, 'claimed'), mark(140, 1, 'claimed')];
    expect(ownerlessTimes(marks, { from: 0, to: 1_000 })).toEqual([{ partition: 0, from: 100, ms: 30 }]);
  });

  it('counts from the first of several who let it go, and up to the end when nobody took it', () => {
    const marks = [mark(100, 0, 'left'), mark(150, 0, 'left')];
    expect(ownerlessTimes(marks, { from: 0, to: 300 })).toEqual([{ partition: 0, from: 100, ms: 200 }]);
  });

  it('is none when the next one claimed it before the last one let it go', () => {
    const marks = [mark(100, 0, 'claimed', 1), mark(200, 0, 'claimed', 2), mark(210, 0, 'left', 1)];
    expect(ownerlessTimes(marks, { from: 0, to: 300 })).toEqual([]);
  });

  it('is cut at the ends of what one looks at', () => {
    const marks = [mark(100, 0, 'left'), mark(300, 0, 'claimed'), mark(400, 0, 'left'), mark(900, 0, 'claimed')];
    expect(ownerlessTimes(marks, { from: 200, to: 500 })).toEqual([
      { partition: 0, from: 200, ms: 100 },
      { partition: 0, from: 400, ms: 100 },
    ]);
  });

  it('is said with its median, its longest and its share', () => {
    const times = [10, 20, 60].map((ms) => ({ partition: 0, from: 0, ms }));
    expect(showOwnerless(times, 2, 1_000)).toBe(
      'a partition was without an owner 3 times, 20 ms in the median, 60 ms at most, 4.5 % of 1 s',
    );
    expect(showOwnerless([], 2, 1_000)).toBe('every partition had an owner all the time');
  });
});
