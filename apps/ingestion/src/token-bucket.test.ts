import fc from 'fast-check';
import { takeTokens, type TokenBucket } from './token-bucket';

const rate = { perSecond: 10, burst: 100 };

test('a bucket never used lets a whole burst pass, and not one more', () => {
  const all = takeTokens(undefined, 100, 0, rate);
  expect(all).toEqual({ kind: 'taken', bucket: { tokens: 0, at: 0 } });
  expect(takeTokens(all.bucket, 1, 0, rate)).toEqual({
    kind: 'empty',
    bucket: { tokens: 0, at: 0 },
    retryAfterMs: 100,
  });
});

test('what is refused takes nothing: after the time it was told it passes', () => {
  const { bucket } = takeTokens(undefined, 90, 0, rate);
  const refused = takeTokens(bucket, 30, 0, rate);
  expect(refused).toMatchObject({ kind: 'empty', retryAfterMs: 2_000 });
  expect(takeTokens(refused.bucket, 30, 2_000, rate).kind).toBe('taken');
});

test('a clock that runs backwards fills nothing', () => {
  const { bucket } = takeTokens(undefined, 100, 10_000, rate);
  expect(takeTokens(bucket, 1, 0, rate).kind).toBe('empty');
});

test('over any time no more passes than a burst and the rate times that time', () => {
  const asks = fc.array(fc.record({ afterMs: fc.nat(5_000), amount: fc.nat(150) }), { maxLength: 200 });
  fc.assert(
    fc.property(asks, (given) => {
      let bucket: TokenBucket | undefined;
      let now = 0;
      let passed = 0;
      for (const { afterMs, amount } of given) {
        now += afterMs;
        const taken = takeTokens(bucket, amount, now, rate);
        bucket = taken.bucket;
        if (taken.kind === 'taken') passed += amount;
      }
      return passed <= rate.burst + (now / 1000) * rate.perSecond + 1e-6;
    }),
  );
});
