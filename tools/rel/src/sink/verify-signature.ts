import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far the time of a message may be from ours, seconds (Standard Webhooks recommends five minutes). */
const TOLERANCE_S = 300;

/** What a receiver reads of a webhook before it believes it. */
export interface SignedMessage {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
  /** The very bytes that came. */
  readonly body: string;
}

/** Why a message is not to be believed, or undefined when it is. Standard Webhooks 1.0.0, written here anew: we do not check ourselves with the code that signs. */
export function distrust(message: SignedMessage, secret: string, nowMs: number): string | undefined {
  const { id, timestamp, signature, body } = message;
  if (id === '' || timestamp === '' || signature === '') return 'a header is missing';
  if (!/^\d+$/.test(timestamp) || Math.abs(Number(timestamp) - nowMs / 1_000) > TOLERANCE_S)
    return `its timestamp ${timestamp} is not of now`;
  const key = Buffer.from(secret.slice(secret.indexOf('_') + 1), 'base64');
  const wanted = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  const good = signature.split(' ').some((entry) => {
    const [version, given = ''] = entry.split(',', 2);
    const bytes = Buffer.from(given, 'base64');
    return version === 'v1' && bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
  });
  return good ? undefined : 'no signature of it fits';
}
