import type { RecentReports } from './recent-reports';
import type { OpenSilence } from './silence';
import type { VehicleLine } from './vehicle-line';

/**
 * All that evaluation keeps of a vehicle (DESIGN 5.2 rule 5): its line up to where nothing can change any more, the reports since,
 * and its line up to the newest one. Opaque outside of this library (`vehicleView` answers questions about it). Times are epoch
 * milliseconds.
 */
export interface VehicleMemory {
  readonly v: 3;
  /** The line folded over all reports. */
  readonly head: VehicleLine;
  /**
   * The line folded up to before the recent reports, as bytes if it was stored; absent as long as they are all there are. Moved on
   * now and then.
   */
  readonly checkpoint?: VehicleLine | Uint8Array;
  /** At least the newest report, at most 64. Some may already be closed: nothing comes before them any more. */
  readonly recent: RecentReports;
  /** The texts of checkpoint and recent reports; what is packed speaks of them by their place. */
  readonly texts: readonly string[];
  /** A report at or before it comes too late to change anything: the newest minus the lateness window, and never earlier than it was. */
  readonly closedAt: number;
  /** No recent report was measured after it, though one that is gone may have been: one after it is no report again. */
  readonly measuredLast: number;
  /** The revision of the schedule that the line was folded under; 0 without any. */
  readonly scheduleRevision: number;
  /** When it was last heard of, by our clock: the newest receipt of a report that is no duplicate (of a polled source: when it was measured). */
  readonly contactAt: number;
  /** It has been silent for too long since then. Outside of the line: what was received when decides it, not what was measured. */
  readonly silent?: OpenSilence;
  /** From this watermark on the vehicle is looked at again, though nothing is heard of it; absent: there is nothing to wait for. */
  readonly lookAt?: number;
}

/** No memory is larger, as long as what is kept of the line itself leaves room for one report. */
export const LARGEST_MEMORY_BYTES = 1_800;
/** No more reports are kept, however short the time in which they came. */
export const MOST_RECENT_REPORTS = 64;
/** How late a report may come where the zone set does not say. */
export const LATENESS_MS = 120_000;
