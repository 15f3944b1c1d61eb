import { sleep } from '@corral/runtime';
import { CommandFailure, explain, type ApiClient } from './api-client';

/** An item the server will not take, by its place in the batch. */
export interface RejectedItem {
  readonly index: number;
  readonly code: string;
  readonly detail?: string;
}

/** What became of a batch. */
export interface SentBatch {
  readonly accepted: number;
  readonly rejected: readonly RejectedItem[];
  /** How often it had to be sent again because the server was busy or away. */
  readonly resends: number;
}

/** The most a request may hold. */
export const MAX_BATCH = 1_000;

/**
 * Sends a batch until the server has answered it for good: a 429 or 503 (or no answer at all, once it had answered before) is
 * waited out, for a resend makes at worst a duplicate. Rejects with {@link CommandFailure} when it is refused as a whole.
 */
export async function sendHeartbeats(
  api: ApiClient,
  heartbeats: readonly unknown[],
  signal: AbortSignal,
): Promise<SentBatch> {
  for (let resends = 0; ; resends += 1) {
    const answer = await api.request('POST', '/v1/heartbeats', { heartbeats });
    if (answer.status === 202 || answer.status === 400) {
      const body = answer.body as Partial<SentBatch> | null;
      if (body !== null && Array.isArray(body.rejected))
        return { accepted: body.accepted ?? 0, rejected: body.rejected, resends };
    }
    if (answer.status !== 429 && answer.status !== 503) throw new CommandFailure(`send heartbeats: ${explain(answer)}`);
    await sleep(1_000 * Math.max(1, Number(answer.headers.get('retry-after') ?? 1)), signal);
  }
}
