import type { StoredRecord } from './event-log';
import { createPoisonLimit } from './poison-limit';

/** One commit per record: `bad` is set aside. */
function told(records: readonly { readonly key: string | null; readonly bad: boolean }[]): (string | undefined)[] {
  const limit = createPoisonLimit();
  return records.map(({ key, bad }, offset) => {
    const record: StoredRecord = { partition: 0, offset, key, value: null, timestamp: 0 };
    return limit.note([record], new Set(bad ? [offset] : []));
  });
}

const many = (count: number, vehicles: number, bad: boolean) =>
  Array.from({ length: count }, (_, i) => ({ key: `almere/bike-${i % vehicles}`, bad }));
const firstReason = (reasons: readonly (string | undefined)[]) => reasons.findIndex((reason) => reason !== undefined);

describe('how many dead letters are too many', () => {
  it('is a hundred in a row from five vehicles', () => {
    const reasons = told([...many(50, 10, false), ...many(100, 5, true)]);
    expect(firstReason(reasons)).toBe(149);
    expect(reasons[149]).toBe('100 records in a row became dead letters, the last at offset 149');
    expect(firstReason(told(many(99, 9, true)))).toBe(-1);
  });

  it('is not what four vehicles send, however much, nor one beyond twenty in a row', () => {
    expect(firstReason(told(many(5_000, 4, true)))).toBe(-1);
    // A single broken bike among healthy ones.
    const days = many(9_000, 9, false).map((one, i) => (i % 9 === 0 ? { key: 'almere/broken', bad: true } : one));
    expect(firstReason(told(days))).toBe(-1);
  });

  it('is one in a hundred of ten thousand, with healthy ones between', () => {
    // Each vehicle is well again before it is bad again.
    const mixed = many(10_000, 100, false).map((one, i) => ({ ...one, bad: i % 101 === 100 || i % 97 === 96 }));
    const reasons = told(mixed);
    expect(reasons[firstReason(reasons)]).toMatch(/^100 of \d+ records became dead letters/);
    const rare = many(30_000, 100, false).map((one, i) => ({ ...one, bad: i % 101 === 100 }));
    expect(firstReason(told(rare))).toBe(-1);
  });

  it('is not made smaller by the ticks between', () => {
    const reasons = told(many(100, 5, true).flatMap((one) => [one, { key: null, bad: false }]));
    expect(firstReason(reasons)).toBe(198);
  });

  it('counts records without a key each for itself', () => {
    expect(firstReason(told(Array.from({ length: 100 }, () => ({ key: null, bad: true }))))).toBe(99);
  });
});
