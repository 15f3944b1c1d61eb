import { HEARTBEATS_TOPIC } from '@corral/contracts';
import { movePlace, readPlaces } from '@corral/database';
import { createHealth, createMetrics } from '@corral/runtime';
import type { Flush } from './fenced-consumer';
import { observeConsumption } from './observe-consumption';
import { eventually } from './testing/eventually';
import { stageFencedConsumer } from './testing/fenced-stage';

const stage = stageFencedConsumer();

/** `poison` cannot be used: set aside by the writer, or refused by a writer that throws. */
async function setAsidePoison(flush: Flush): Promise<void> {
  const poison = (value: Buffer | null) => value!.toString().startsWith('poison');
  for (const { records, deadLetter } of flush.partitions)
    for (const record of records) if (poison(record.value)) deadLetter(record, 'wrong_schema', 'not a heartbeat');
  await stage.writeEffects({
    ...flush,
    partitions: flush.partitions.map((share) => ({
      ...share,
      records: share.records.filter(({ value }) => !poison(value)),
    })),
  });
}

async function throwAtPoison(flush: Flush): Promise<void> {
  for (const { records } of flush.partitions)
    for (const { value } of records)
      if (value!.toString().startsWith('poison')) throw new Error('step: undefined is not a bike');
  await stage.writeEffects(flush);
}

async function append(partition: number, records: readonly (readonly [vehicle: string, value: string])[]) {
  await stage.log.append(
    HEARTBEATS_TOPIC,
    records.map(([vehicle, value]) => ({
      key: `almere/${vehicle}`,
      value: Buffer.from(value),
      timestamp: 1_795_000_000_000,
      partition,
    })),
    new AbortController().signal,
  );
}

const poisonOf = (count: number, vehicles: number) =>
  Array.from({ length: count }, (_, at) => [`bike-${at % vehicles}`, `poison ${at}`] as const);
const good = (count: number, vehicle = 'good') =>
  Array.from({ length: count }, (_, at) => [vehicle, `good ${at}`] as const);
const nextOffset = async (partition: number) => (await stage.places())[partition]?.next_offset;

describe('when too much cannot be used', () => {
  it('parks the partition before the hundredth of many vehicles, says so, and the others go on', async () => {
    const health = createHealth();
    const observed = observeConsumption({
      consumer: stage.consumer,
      topic: HEARTBEATS_TOPIC,
      metrics: createMetrics(),
      health,
      clock: Date.now,
    });
    await append(0, [...good(3), ...poisonOf(101, 5), ...good(5, 'behind')]);
    const consumption = await stage.consume({ write: setAsidePoison, observer: observed.observer });
    observed.watch(consumption);
    const reason = '100 records in a row, of 5 vehicles, cannot be used, the last at offset 102';
    await eventually('it is parked', () => consumption.parked().length === 1);
    expect(consumption.parked()).toEqual([{ partition: 0, reason }]);
    expect(health.answer('/readyz')).toMatchObject({ status: 503, body: expect.stringContaining(reason) });
    expect(await stage.deadLetters()).toHaveLength(99);
    await eventually('it is written down', async () => (await stage.places())[0]?.parked_reason === reason);
    expect((await stage.places())[0]).toMatchObject({ next_offset: 102 });
    await append(1, good(2));
    await eventually('the others go on', async () => (await nextOffset(1)) === 2);
    expect(await nextOffset(0)).toBe(102);
    expect(await stage.effects()).toHaveLength(5);
  });

  it('parks alike whoever is given the partition next, and when the records come one by one', async () => {
    await append(0, poisonOf(98, 98));
    const first = await stage.consume({ write: setAsidePoison });
    await eventually('98 are set aside', async () => (await nextOffset(0)) === 98);
    for (const poison of poisonOf(3, 3)) await append(0, [poison]);
    await eventually('it is parked', () => first.parked().length === 1);
    expect(await nextOffset(0)).toBe(99);
    await first.stop();
    const second = await stage.consume({ write: setAsidePoison }, stage.openLog(stage.store));
    await eventually('it stays parked', () => second.parked().length === 1);
    expect(await stage.deadLetters()).toHaveLength(99);
  });

  it('sets one vehicle aside alone after 20, and the rest of the partition goes on', async () => {
    const consumption = await stage.consume({ write: setAsidePoison });
    await append(0, poisonOf(30, 1));
    await eventually('all are through', async () => (await nextOffset(0)) === 30);
    expect(consumption.setAside()).toEqual(['almere/bike-0']);
    await append(0, [...poisonOf(101, 1), ['bike-0', 'not poison at all'], ...good(10)]);
    await eventually('all are through', async () => (await nextOffset(0)) === 142);
    expect(consumption.parked()).toEqual([]);
    expect(await stage.effects()).toHaveLength(10);
    const reasons = (await stage.deadLetters()).map((letter) => (letter as { reason: string }).reason);
    expect(reasons.filter((reason) => reason === 'wrong_schema')).toHaveLength(30);
    expect(reasons.filter((reason) => reason === 'vehicle_set_aside')).toHaveLength(102);

    await consumption.reassign();
    await append(0, [['bike-0', 'tried again after the next claim']]);
    await eventually('it is tried again', async () => (await stage.effects()).length === 11);
    expect(consumption.setAside()).toEqual([]);
  });

  it('counts what was found by halving alike: one vehicle that trips a bug is set aside, its neighbours are written', async () => {
    await append(0, [...good(5), ...poisonOf(25, 1), ...good(5)]);
    const consumption = await stage.consume({ write: throwAtPoison });
    await eventually('all are through', async () => (await nextOffset(0)) === 35, 30_000);
    expect(consumption.parked()).toEqual([]);
    expect(consumption.setAside()).toEqual(['almere/bike-0']);
    expect(await stage.effects()).toHaveLength(10);
    expect(await stage.deadLetters()).toHaveLength(25);
  });

  it('parks when more than 1 % of the last 10,000 cannot be used', async () => {
    const records = Array.from({ length: 10_000 }, (_, at) =>
      at % 99 === 0 ? ([`bike-${at}`, 'poison'] as const) : (['good', `good ${at}`] as const),
    );
    await append(0, records);
    const consumption = await stage.consume({ write: setAsidePoison });
    await eventually('it is parked', () => consumption.parked().length === 1, 20_000);
    expect(consumption.parked()[0]?.reason).toBe(
      '101 of the last 10000 records cannot be used, the last at offset 9900',
    );
    expect(await nextOffset(0)).toBe(9_900);
    expect(await stage.effects()).toHaveLength(9_800);
  });

  it('flows again when an operator moves it, and what its owner was writing meanwhile fails at the fence', async () => {
    await append(0, [...poisonOf(101, 5), ...good(4)]);
    const consumption = await stage.consume({ write: setAsidePoison });
    await eventually('it is written down', async () => (await stage.places())[0]?.parked_reason != null);
    const seen = (await readPlaces(stage.database)).find(
      ({ consumer, partition }) => consumer === stage.consumer && partition === 0,
    )!;
    expect(seen.nextOffset).toBe(99);
    const to = { nextOffset: 101, clusterId: seen.clusterId };
    expect(await movePlace(stage.database, { ...seen, nextOffset: 98 }, to)).toBe(false);
    expect(await movePlace(stage.database, seen, to)).toBe(true);
    expect(await movePlace(stage.database, seen, to)).toBe(false);
    await eventually('it goes on', async () => (await nextOffset(0)) === 105, 10_000);
    expect(consumption.parked()).toEqual([]);
    expect((await stage.places())[0]?.parked_reason).toBeNull();
    expect(await stage.effects()).toHaveLength(4);
  });
});
