import { createFaultDice, NO_FAULTS, type Faults } from './faults';

function fatesOf(faults: Partial<Faults>, seed = 7, calls = 10_000) {
  const dice = createFaultDice(seed, () => ({ ...NO_FAULTS, ...faults }));
  const fates = Array.from({ length: calls }, () => [dice.ofRequest(), dice.ofReply()] as const);
  return { fates, counts: dice.counts() };
}

describe('the faults of a network', () => {
  it('are none when none were asked for', () => {
    const { fates, counts } = fatesOf({});
    expect(fates.flat().every((fate) => fate === 'pass')).toBe(true);
    expect(counts).toEqual({
      requests: 10_000,
      repliesDropped: 0,
      repliesSwallowed: 0,
      requestsDropped: 0,
      requestsSwallowed: 0,
    });
  });

  it('come as often as asked for, and are counted', () => {
    const { fates, counts } = fatesOf({ dropReplies: 0.01, swallowReplies: 0.02, dropRequests: 0.03 });
    const countOf = (at: 0 | 1, fate: string) => fates.filter((pair) => pair[at] === fate).length;
    expect(counts).toEqual({
      requests: 10_000,
      repliesDropped: countOf(1, 'lose'),
      repliesSwallowed: countOf(1, 'swallow'),
      requestsDropped: countOf(0, 'lose'),
      requestsSwallowed: 0,
    });
    for (const [found, wanted] of [
      [counts.repliesDropped, 100],
      [counts.repliesSwallowed, 200],
      [counts.requestsDropped, 300],
    ])
      expect(Math.abs(found! - wanted!)).toBeLessThan(wanted! * 0.4);
  });

  it('are the same again for the same seed', () => {
    expect(fatesOf({ dropReplies: 0.1 })).toEqual(fatesOf({ dropReplies: 0.1 }));
    expect(fatesOf({ dropReplies: 0.1 }, 8)).not.toEqual(fatesOf({ dropReplies: 0.1 }));
  });
});
