import { toApiShape } from '@corral/contracts';

/**
 * The body of a webhook, once and for all its attempts: `{ type, timestamp, data }` with `data` as CONTRACT 6 shows it. `timestamp`
 * (epoch ms) says when what it tells was decided, so a replay renders the same bytes.
 */
export function webhookBody(type: string, timestamp: number, data: object): string {
  return JSON.stringify({ type, timestamp: new Date(timestamp).toISOString(), data: toApiShape({ ...data }) });
}
