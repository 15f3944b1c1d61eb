/** A metric as it was when somebody looked. */
export interface MetricSnapshot {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly series: readonly SeriesSnapshot[];
}

/** One series of a metric. */
export interface SeriesSnapshot {
  readonly labels: readonly (readonly [name: string, value: string])[];
  /** The count, the reading, or the sum of what was observed. */
  readonly value: number;
  readonly histogram?: {
    /** The upper bounds, ascending. */
    readonly buckets: readonly number[];
    /** How many fell into each, not added up. */
    readonly counts: readonly number[];
    readonly count: number;
    /** By bucket, one more for what is beyond all; sparse. */
    readonly exemplars: readonly (Exemplar | undefined)[];
  };
}

/** One observation that has a trace. */
export interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
  readonly value: number;
  /** Epoch milliseconds. */
  readonly at: number;
}
