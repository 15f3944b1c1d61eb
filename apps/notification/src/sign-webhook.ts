import { createHmac } from 'node:crypto';

/**
 * The `webhook-signature` of Standard Webhooks 1.0.0: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`, one entry per secret,
 * separated by spaces. `timestampS` is that of this attempt, in seconds. A secret is `whsec_` and base64.
 */
export function signWebhook(id: string, timestampS: number, body: string, secrets: readonly string[]): string {
  return secrets.map((secret) => `v1,${hmac(secret, `${id}.${timestampS}.${body}`)}`).join(' ');
}

function hmac(secret: string, content: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return createHmac('sha256', key).update(content, 'utf8').digest('base64');
}
