import { stampReports } from './stamp-reports';
import { NOON } from './testing';

const HOUR = 3_600_000;
const stamped = (...aheadMs: number[]) =>
  stampReports(
    aheadMs.map((ahead) => ({ measuredAt: NOON + ahead })),
    NOON,
  ).map(({ at, flags }) => [at - NOON, ...flags]);

describe('when the items of a request count', () => {
  it('is when they were measured, however long ago', () => {
    expect(stamped(-7_000_000, -5_000, 0)).toEqual([[-7_000_000], [-5_000], [0]]);
  });

  it('is when they were measured although the clock runs a little ahead', () => {
    expect(stamped(0, 59_999)).toEqual([[0], [59_999]]);
  });

  it('is shifted back for all of them, spacing kept, when the newest runs 60 s to 24 h ahead', () => {
    expect(stamped(HOUR - 10_000, HOUR)).toEqual([
      [-10_000, 'clock_future'],
      [0, 'clock_future'],
    ]);
    expect(stamped(60_000)).toEqual([[0, 'clock_future']]);
    expect(stamped(24 * HOUR)).toEqual([[0, 'clock_future']]);
  });

  it('is the receipt for one that is more than 24 h ahead, alone: its neighbours are believed', () => {
    expect(stamped(-5_000, 48 * HOUR, 10_000)).toEqual([[-5_000], [0, 'clock_future'], [10_000]]);
  });

  it('is nothing for an empty request', () => {
    expect(stampReports([], NOON)).toEqual([]);
  });
});
