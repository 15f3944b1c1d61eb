import type { HealthAnswer, MetricSnapshot } from '@corral/runtime';

/** What a worker tells the process that started it. */
export type FromWorker =
  | { readonly kind: 'listening'; readonly port: number }
  /** Its answer to `/readyz`, once a second. */
  | { readonly kind: 'readiness'; readonly answer: HealthAnswer }
  | { readonly kind: 'metrics'; readonly question: number; readonly snapshots: readonly MetricSnapshot[] };

/** What it is asked. */
export interface ToWorker {
  readonly kind: 'metrics';
  readonly question: number;
}

/** So often a worker says that it lives. */
export const REPORT_EVERY_MS = 1_000;
