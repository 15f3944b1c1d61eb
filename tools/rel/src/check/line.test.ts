import { lineOf } from './line';
import type { LoggedReport } from './oracle';

const T = Date.UTC(2026, 10, 21, 10);

function aReport(second: number, more: Partial<LoggedReport> = {}): LoggedReport {
  const at = T + second * 1_000;
  return { fleetId: 'default', vehicleId: 'bike-1', measuredAt: at, receivedAt: at, at, lng: 5, lat: 5, ...more };
}

const lineFrom = (reports: readonly LoggedReport[]) => {
  const { reports: line, ...how } = lineOf(reports, () => 120_000);
  return { seconds: line.map(({ at }) => (at - T) / 1_000), line, how };
};

describe('the line of a vehicle as the oracle sees it', () => {
  it('has every report at its time, in whatever order they came', () => {
    const { seconds, how } = lineFrom([0, 10, 5, 20, 15].map((second) => aReport(second)));
    expect(seconds).toEqual([0, 5, 10, 15, 20]);
    expect(how).toEqual({ copies: 0, late: 2, closed: 0, tooLong: false });
  });

  it('passes over copies, also of what came late, and also when they are stamped anew', () => {
    const { seconds, how } = lineFrom([
      aReport(0),
      aReport(10),
      aReport(5),
      aReport(5, { receivedAt: T + 60_000 }),
      aReport(0),
    ]);
    expect(seconds).toEqual([0, 5, 10]);
    expect(how).toMatchObject({ copies: 2, late: 1 });
  });

  it('keeps the later received of two that were measured at one moment and say different things', () => {
    const corrected = aReport(0, { lng: 7, receivedAt: T + 20_000 });
    expect(lineFrom([aReport(0), aReport(10), corrected]).line[0]).toEqual(corrected);
    expect(lineFrom([corrected, aReport(10), aReport(0)]).line[0]).toEqual(corrected);
  });

  it('leaves to history what comes a lateness window after something newer, but not for a clock that is ahead', () => {
    const late = lineFrom([aReport(0), aReport(130), aReport(10), aReport(11)]);
    expect(late.seconds).toEqual([0, 11, 130]);
    expect(late.how).toMatchObject({ late: 1, closed: 1 });
    const ahead = aReport(130, { receivedAt: T + 20_000 });
    expect(lineFrom([aReport(0), ahead, aReport(10)]).seconds).toEqual([0, 10, 130]);
  });

  it('says when more lies between than an engine must keep', () => {
    const many = Array.from({ length: 64 }, (_, i) => aReport(1 + i));
    expect(lineFrom([...many, aReport(0)]).how.tooLong).toBe(true);
    expect(lineFrom([...many.slice(1), aReport(0)]).how.tooLong).toBe(false);
  });
});
