import type { Telling } from './channels/webhook';
import type { AttemptResult, ClaimedDelivery } from './delivery-queue';

/** How long to wait before an attempt (1 is the first); undefined: there is none any more. */
export type RetryDelay = (attempt: number, random: number) => number | undefined;

/** What an attempt's outcome means for its delivery: pure but for the jitter that `random` brings. */
export function resultOf(
  delivery: ClaimedDelivery,
  telling: Telling,
  at: number,
  latencyMs: number,
  { retryDelayMs, random }: { readonly retryDelayMs: RetryDelay; readonly random: () => number },
): AttemptResult {
  const { id: deliveryId, fleetId, endpointId, attempt } = delivery;
  const { statusCode, response } = telling;
  const attempted = { deliveryId, fleetId, endpointId, attempt, at, latencyMs, statusCode, response };
  if (telling.kind === 'delivered') return { ...attempted, outcome: 'delivered' };
  if (telling.kind === 'never') return { ...attempted, error: telling.reason, outcome: 'failed', gone: true };
  const base = retryDelayMs(attempt + 1, random());
  if (base === undefined) return { ...attempted, error: telling.reason, outcome: 'failed' };
  // Honoured within reason: an hour asked for after the first failure would be an hour of silence about an alert.
  const delayMs = Math.min(Math.max(telling.retryAfterMs ?? base, base), 2 * base);
  return { ...attempted, error: telling.reason, outcome: 'again', nextAttemptAt: at + latencyMs + delayMs };
}
