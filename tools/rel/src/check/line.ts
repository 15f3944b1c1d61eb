import type { LoggedReport } from './oracle';

/** The line of one vehicle (DESIGN 5.2), and what became of the records that are not on it. */
export interface Line {
  /** One report for each moment, ascending by `at`. */
  readonly reports: readonly LoggedReport[];
  /** Exact copies of a report of the line: they change nothing. */
  readonly copies: number;
  /** Came after a newer one and took their place on the line. */
  readonly late: number;
  /** Came a lateness window or more after a newer one: history only. */
  readonly closed: number;
  /**
   * Whether more reports lay between than an engine has to keep: then it may have closed the line before a late one came, and no
   * oracle can say from the log alone what ought to be decided.
   */
  readonly tooLong: boolean;
}

/** DESIGN 5.2 rule 5: so many reports an engine keeps open, and no more. */
const MOST_KEPT = 64;

/**
 * Puts the records of one vehicle, given in the order of their offsets, into the order in which they happened: rules 5 and 6 of
 * DESIGN 5.2, by brute force. `latenessAt` (ms): how late a report may come, by the time of a report.
 */
export function lineOf(reports: readonly LoggedReport[], latenessAt: (at: number) => number): Line {
  const byMeasuredAt = new Map<number, LoggedReport>();
  const times: number[] = [];
  let closedAt = -Infinity;
  let [copies, late, closed, tooLong] = [0, 0, 0, false];

  for (const report of reports) {
    const known = byMeasuredAt.get(report.measuredAt);
    if (known !== undefined && valuesOf(known) === valuesOf(report)) {
      copies += 1;
      continue;
    }
    if (report.at <= closedAt || (known !== undefined && known.at <= closedAt)) {
      closed += 1;
      continue;
    }
    // The later received stays.
    if (known !== undefined && known.receivedAt > report.receivedAt) continue;
    const newer = times.length - firstAfter(times, report.at);
    if (newer > 0 || known !== undefined) late += 1;
    if (newer >= MOST_KEPT) tooLong = true;
    if (known !== undefined) times.splice(times.indexOf(known.at), 1);
    times.splice(firstAfter(times, report.at), 0, report.at);
    byMeasuredAt.set(report.measuredAt, report);
    // A clock that is ahead does not close the window sooner.
    closedAt = Math.max(closedAt, Math.min(report.at, report.receivedAt) - latenessAt(report.at));
  }

  const byAt = new Map<number, LoggedReport>();
  for (const report of byMeasuredAt.values()) {
    const rival = byAt.get(report.at);
    // Of two that were put at one moment, the one whose own clock said the earlier time.
    if (rival === undefined || report.measuredAt < rival.measuredAt) byAt.set(report.at, report);
  }
  return { reports: [...byAt.values()].sort((a, b) => a.at - b.at), copies, late, closed, tooLong };
}

/** Where the first of these ascending times after `at` stands. */
function firstAfter(times: readonly number[], at: number): number {
  let place = times.length;
  while (place > 0 && times[place - 1]! > at) place -= 1;
  return place;
}

/** CONTRACT 2: what a duplicate has in common with the report it repeats. */
function valuesOf(report: LoggedReport): string {
  const { lat, lng, accuracyM, speedMps, headingDeg, state, tripId } = report;
  return JSON.stringify([lat, lng, accuracyM, speedMps, headingDeg, state, tripId]);
}
