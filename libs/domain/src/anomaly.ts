/**
 * What can be wrong with a report of a vehicle whose line is known; each word is also a metric label. Stored: words are only ever
 * added at the end.
 */
export const ANOMALIES = ['null_island', 'teleport', 'frozen', 'impossible_speed', 'clock_skew'] as const;

/**
 * `null_island`: where broken devices are, next to (0, 0). `teleport`: too far from where the vehicle was. `frozen`: the position
 * stands still to the last bit while the speed says that the vehicle moves. `impossible_speed`: it says a speed that nothing shared
 * has. `clock_skew`: its clock ran ahead of ours, and the door put it back.
 */
export type Anomaly = (typeof ANOMALIES)[number];

/** A fix that is not believed yet: it may be where the vehicle was taken to. Times are epoch milliseconds. */
export interface DoubtedFix {
  readonly at: number;
  readonly lng: number;
  readonly lat: number;
  readonly accuracyM?: number;
  readonly speedMps?: number;
}
