import type { Outbound } from '@corral/runtime/outbound';
import type { ClaimedDelivery } from '../delivery-queue';
import { signWebhook } from '../sign-webhook';

/** What came of one telling: it was heard, it should be tried again (not sooner than asked), or the receiver wants no more of it. */
export type Telling = { readonly statusCode?: number; readonly response?: string } & (
  | { readonly kind: 'delivered' }
  | { readonly kind: 'again'; readonly reason: string; readonly retryAfterMs?: number }
  | { readonly kind: 'never'; readonly reason: 'gone' }
);

/** One telling of one message, signed for this moment (`now`, epoch ms). Never rejects. */
export type TellWebhook = (delivery: ClaimedDelivery, now: number, signal: AbortSignal) => Promise<Telling>;

/** The first of an answer that is kept for the customer to see. */
const KEPT_BYTES = 1_024;

/** Webhooks as Standard Webhooks 1.0.0 has them. */
export function webhookChannel(outbound: Outbound): TellWebhook {
  return async (delivery, now, signal) => {
    const timestampS = Math.floor(now / 1000);
    const answer = await outbound.post(
      {
        url: delivery.url,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Corral-Webhooks/1',
          'webhook-id': delivery.webhookId,
          'webhook-timestamp': String(timestampS),
          'webhook-signature': signWebhook(delivery.webhookId, timestampS, delivery.body, delivery.secrets),
          ...(delivery.traceparent === undefined ? {} : { traceparent: delivery.traceparent }),
        },
        body: delivery.body,
      },
      signal,
    );
    if (answer.kind === 'failed') return { kind: 'again', reason: answer.error };
    const told = { statusCode: answer.status, response: readable(answer.body) };
    if (answer.status >= 200 && answer.status < 300) return { ...told, kind: 'delivered' };
    if (answer.status === 410) return { ...told, kind: 'never', reason: 'gone' };
    return {
      ...told,
      kind: 'again',
      reason: reasonOf(answer.status),
      retryAfterMs: retryAfterMs(answer.retryAfter, now),
    };
  };
}

function reasonOf(status: number): string {
  if (status >= 300 && status < 400) return 'redirect_not_followed';
  return status === 429 ? 'too_many_requests' : status < 500 ? 'refused_by_receiver' : 'receiver_failed';
}

/** `Retry-After` in milliseconds: seconds or an HTTP date; anything else is as if it were not there. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,12}$/.test(header)) return Number(header) * 1000;
  const date = /GMT$/.test(header) ? Date.parse(header) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** PostgreSQL's text has no NUL. */
function readable(body: Buffer): string {
  return body.subarray(0, KEPT_BYTES).toString('utf8').replaceAll('\0', '');
}
