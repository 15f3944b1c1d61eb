import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Webhook } from 'standardwebhooks';
import { signWebhook } from './sign-webhook';

const SECRET = `whsec_${Buffer.from('a secret of twenty-four+ bytes').toString('base64')}`;
const OTHER = `whsec_${Buffer.from('another secret of that length').toString('base64')}`;

function headersOf(body: string, secrets: readonly string[], timestampS = Math.floor(Date.now() / 1000)) {
  return {
    'webhook-id': 'vio_abc_r1',
    'webhook-timestamp': String(timestampS),
    'webhook-signature': signWebhook('vio_abc_r1', timestampS, body, secrets),
  };
}

describe('a webhook signature', () => {
  const body = JSON.stringify({ type: 'test', data: { name: 'Dämmerung 🚲' } });

  it("is accepted by Standard Webhooks' own library", () => {
    expect(new Webhook(SECRET).verify(body, headersOf(body, [SECRET]))).toEqual(JSON.parse(body));
  });

  it('is not accepted for an altered byte, another id, or another secret', () => {
    const headers = headersOf(body, [SECRET]);
    expect(() => new Webhook(SECRET).verify(body.replace('🚲', '🛴'), headers)).toThrow();
    expect(() => new Webhook(SECRET).verify(body, { ...headers, 'webhook-id': 'vio_abc_r2' })).toThrow();
    expect(() => new Webhook(OTHER).verify(body, headers)).toThrow();
  });

  it('is accepted by the old and by the new secret while one is being rotated', () => {
    const headers = headersOf(body, [SECRET, OTHER]);
    expect(new Webhook(SECRET).verify(body, headers)).toBeTruthy();
    expect(new Webhook(OTHER).verify(body, headers)).toBeTruthy();
  });
});

const samples = process.env.CORRAL_SAMPLES;
const vector = samples && path.join(samples, 'wire', 'standard-webhooks.json');
if (!vector || !existsSync(vector)) {
  if (process.env.CI) it('finds the Standard Webhooks vector in CORRAL_SAMPLES', () => expect(vector).toBeDefined());
  else console.warn('left out: the Standard Webhooks vector (CORRAL_SAMPLES is not set)');
} else {
  it("equals the specification's own vector", () => {
    const { secret, id, timestamp, body, signature } = JSON.parse(readFileSync(vector, 'utf8'));
    expect(signWebhook(id, timestamp, body, [secret])).toBe(signature);
  });
}
