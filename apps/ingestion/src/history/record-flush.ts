import { decodeHeartbeatRecord } from '@corral/contracts';
import type { Report } from '@corral/domain';
import type { Flush } from '@corral/messaging';
import { trackRows, type TrackRow } from './track-row';
import { openDays, type DayReceipt } from './track-days';
import type { TrackWriter } from './write-track';

/** What a flush came to: for metrics, and for the days' receipts. */
export interface RecordedFlush {
  readonly rows: number;
  readonly days: readonly DayReceipt[];
}

/** Writes the reports of a flush into the track; what means nothing is set aside, ticks pass. Everything in the flush's transaction. */
export async function recordFlush({ tx, partitions }: Flush, track: TrackWriter): Promise<RecordedFlush> {
  const reports: Report[] = [];
  for (const { records, deadLetter } of partitions)
    for (const record of records) {
      const decoded = decodeHeartbeatRecord(record.value);
      if (decoded.kind === 'report') reports.push(decoded.report);
      else if (decoded.kind === 'undecodable') deadLetter(record, decoded.reason, decoded.detail);
    }
  const rows = trackRows(reports);
  const days = receiptsOf(rows);
  await openDays(tx, days);
  await track.write(tx, rows);
  return { rows: rows.length, days };
}

function receiptsOf(rows: readonly TrackRow[]): readonly DayReceipt[] {
  const last = new Map<string, number>();
  for (const { day, report } of rows) last.set(day, Math.max(last.get(day) ?? 0, report.receivedAt));
  return [...last].map(([day, lastReceivedAt]) => ({ day, lastReceivedAt })).sort((a, b) => (a.day < b.day ? -1 : 1));
}
