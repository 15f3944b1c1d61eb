import type { Worker } from 'node:cluster';
import type { RoleContext } from '@corral/runtime';
import { REPORT_EVERY_MS, type FromWorker, type ToWorker } from './worker-messages';

/** Tells the process that started this one how it is, until it closes. Answers how to say where it listens. */
export function reportToPrimary(
  worker: Worker,
  { health, metrics, closers }: Pick<RoleContext, 'health' | 'metrics' | 'closers'>,
): (port: number) => void {
  // A primary that is gone ends us by itself: node:cluster exits when the channel closes.
  const tell = (message: FromWorker) => void (worker.isConnected() && worker.send(message));
  const report = () => tell({ kind: 'readiness', answer: health.answer('/readyz')! });
  const timer = setInterval(report, REPORT_EVERY_MS);
  worker.on('message', ({ kind, question }: ToWorker) => {
    if (kind === 'metrics') tell({ kind, question, snapshots: metrics.read() });
  });
  closers.add('reports', () => clearInterval(timer));
  return (port) => {
    tell({ kind: 'listening', port });
    // Ready is said by whoever starts us only once it has returned.
    setImmediate(report);
  };
}
