import { findLost, type Acknowledged, type Found } from './lost';

const T = Date.UTC(2026, 10, 21, 10);

function anAck(n: number): Acknowledged {
  return { vehicleId: 'bike-1', measuredAt: T + n * 1_000, lat: 52.37, lng: 4.9 + n / 1_000, state: 'on_trip' };
}

/** A rig in which everything arrived, but for what a test takes away. */
function findings(
  changes: { topic?: Found[]; notInTrack?: number; next?: number; dead?: number; inSegment?: boolean } = {},
) {
  const acks = [0, 1, 2].map(anAck);
  const topic = changes.topic ?? acks.map((ack, offset) => ({ ...ack, partition: 3, offset: 10 + offset }));
  return findLost(acks, {
    topic,
    isInTrack: (item) => item.measuredAt !== acks[changes.notInTrack ?? -1]?.measuredAt,
    historyNextOffset: () => changes.next ?? 13,
    isDeadLetter: (_partition, offset) => offset === changes.dead,
    partitionOf: () => 3,
    isInSegment: changes.inSegment === undefined ? undefined : () => changes.inSegment!,
  });
}

const whole = [0, 1, 2].map((n) => ({ ...anAck(n), partition: 3, offset: 10 + n }));

describe('rel check lost', () => {
  it('finds nothing where every acknowledged heartbeat is in the topic and in the track', () => {
    expect(findings()).toEqual({ acknowledged: 3, inTopic: 3, copies: 0, lost: [] });
  });

  it('names the acknowledged heartbeat that is taken out of the topic, and says where it was looked for', () => {
    const { lost } = findings({ topic: whole.filter(({ offset }) => offset !== 11) });
    expect(lost).toEqual([
      { item: anAck(1), from: 'topic', where: 'not in the topic, partition 3 read from its first to its last offset' },
    ]);
  });

  it.each([
    [true, /log segment holds its bytes/],
    [false, /log segment does not hold it either/],
  ])('says whether the broker’s files hold it (%s)', (inSegment, sentence) => {
    const { lost } = findings({ topic: whole.slice(1), inSegment });
    expect(lost).toEqual([{ item: anAck(0), from: 'topic', where: expect.stringMatching(sentence) }]);
  });

  it('does not take a record of the same time at another place for it', () => {
    const { lost } = findings({ topic: [{ ...whole[0]!, lat: 52.4 }, ...whole.slice(1)] });
    expect(lost).toHaveLength(1);
  });

  it('counts copies in the topic without calling them a loss', () => {
    expect(findings({ topic: [...whole, { ...whole[0]!, offset: 13 }] })).toMatchObject({ copies: 1, lost: [] });
  });

  it.each([
    ['has not come that far', { next: 11 }, /offset 11; history has not come that far, it reads 11 next/],
    ['set it aside', { dead: 11 }, /offset 11; history set it aside as a dead letter/],
    ['went past it', {}, /offset 11; history went past it \(reads 13 next\) and did not write it/],
  ])('says of a heartbeat that is not in the track that history %s', (_why, changes, sentence) => {
    const { lost } = findings({ notInTrack: 1, ...changes });
    expect(lost).toEqual([{ item: anAck(1), from: 'track', where: expect.stringMatching(sentence) }]);
  });
});
