/** How much may flow: on average, and at once after a rest. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** What is left of a burst, as of a moment (epoch ms). */
export interface TokenBucket {
  readonly tokens: number;
  readonly at: number;
}

/** What came of taking tokens, and the bucket afterwards. */
export type Taken =
  | { readonly kind: 'taken'; readonly bucket: TokenBucket }
  | { readonly kind: 'empty'; readonly bucket: TokenBucket; readonly retryAfterMs: number };

/** May so many pass now? Takes all of them or none. A bucket that was never used is full. */
export function takeTokens(
  bucket: TokenBucket | undefined,
  amount: number,
  now: number,
  { perSecond, burst }: Rate,
): Taken {
  const restedMs = bucket ? Math.max(0, now - bucket.at) : 0;
  const tokens = bucket ? Math.min(burst, bucket.tokens + (restedMs / 1000) * perSecond) : burst;
  if (tokens >= amount) return { kind: 'taken', bucket: { tokens: tokens - amount, at: now } };
  return { kind: 'empty', bucket: { tokens, at: now }, retryAfterMs: ((amount - tokens) / perSecond) * 1000 };
}
