import type { Report } from '@corral/domain';
import { trackDay, trackRows } from './track-row';

const RECEIVED = Date.parse('2026-11-20T10:00:00Z');
const aReport = (over: Partial<Report> = {}): Report => ({
  fleetId: 'default',
  vehicleId: 'bike-42',
  measuredAt: RECEIVED - 5_000,
  receivedAt: RECEIVED,
  at: RECEIVED - 5_000,
  source: 'device',
  flags: [],
  ...over,
});

test('of several reports of one vehicle and time one row is left, the later received', () => {
  const first = aReport({ lat: 1, lng: 1 });
  const later = aReport({ lat: 2, lng: 2, receivedAt: RECEIVED + 1 });
  expect(trackRows([first, later]).map(({ report }) => report)).toEqual([later]);
  expect(trackRows([later, first]).map(({ report }) => report)).toEqual([later]);
});

test('among equally received ones the later in the log stays', () => {
  const [one, two] = [aReport({ lat: 1, lng: 1 }), aReport({ lat: 2, lng: 2 })];
  expect(trackRows([one, two]).map(({ report }) => report)).toEqual([two]);
});

test('a report sent again changes nothing: the first one is what was decided by', () => {
  const first = aReport({ lat: 1, lng: 1, batteryPercent: 50 });
  const again = aReport({ lat: 1, lng: 1, batteryPercent: 60, receivedAt: RECEIVED + 60_000, at: RECEIVED });
  expect(trackRows([first, again]).map(({ report }) => report)).toEqual([first]);
  const corrected = aReport({ lat: 2, lng: 2, receivedAt: RECEIVED + 1 });
  expect(trackRows([first, corrected, again]).map(({ report }) => report)).toEqual([again]);
});

test('another vehicle, fleet or time is another row', () => {
  const reports = [
    aReport(),
    aReport({ vehicleId: 'bike-43' }),
    aReport({ fleetId: 'other' }),
    aReport({ measuredAt: RECEIVED }),
  ];
  expect(trackRows(reports)).toHaveLength(4);
  // Ids hold any printable character: no two identities may read the same.
  expect(
    trackRows([
      aReport({ fleetId: 'a', vehicleId: 'b/1' }),
      aReport({ fleetId: 'a', vehicleId: 'b', measuredAt: 1e11 }),
    ]),
  ).toHaveLength(2);
});

test.each([
  ['2026-11-20T09:59:59Z', '2026-11-20'],
  ['2026-11-19T23:59:59.999Z', '2026-11-19'],
  ['2009-02-03T00:00:00Z', '2009-02-03'],
  ['2026-11-21T09:00:00Z', '2026-11-21'],
  ['2100-01-01T00:00:00Z', '2026-11-21'],
  ['9999-12-31T23:59:59Z', '2026-11-21'],
])('what was measured at %s lies in the day %s', (measured, day) => {
  expect(trackDay({ measuredAt: Date.parse(measured), receivedAt: RECEIVED })).toBe(day);
});
