import type { Report } from '@corral/domain';

/** A report as it lies in the track, with the UTC day (`YYYY-MM-DD`) whose partition holds it. */
export interface TrackRow {
  readonly day: string;
  readonly report: Report;
}

const DAY_MS = 86_400_000;

/** The values that tell a duplicate from a correction (CONTRACT 2). */
export const COMPARED = ['lat', 'lng', 'accuracyM', 'speedMps', 'headingDeg', 'state', 'tripId'] as const;

/**
 * The rows for these reports, given in the order of the log: one for each vehicle and `measuredAt`. Of different values the later received
 * stay (among equally received ones the later in the log); of a duplicate the first, whose `at` is what was decided by.
 */
export function trackRows(reports: Iterable<Report>): readonly TrackRow[] {
  const rows = new Map<string, TrackRow>();
  for (const report of reports) {
    const identity = `${report.fleetId}/${report.measuredAt}/${report.vehicleId}`;
    const before = rows.get(identity);
    if (before && (before.report.receivedAt > report.receivedAt || isSame(before.report, report))) continue;
    rows.set(identity, { day: trackDay(report), report });
  }
  return [...rows.values()];
}

function isSame(one: Report, other: Report): boolean {
  return COMPARED.every((field) => one[field] === other[field]);
}

/**
 * The day a report is filed under: that of `measuredAt`. A clock that runs absurdly ahead is filed under the day after its receipt, or a few
 * broken devices would make a partition for each day of the next millennia.
 */
export function trackDay({ measuredAt, receivedAt }: Pick<Report, 'measuredAt' | 'receivedAt'>): string {
  return new Date(Math.min(measuredAt, receivedAt + DAY_MS)).toISOString().slice(0, 10);
}
