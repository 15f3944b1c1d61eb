import { EVENTS_TOPIC, HEARTBEATS_TOPIC } from '@corral/contracts';
import { recordingLogger } from '@corral/runtime/testing';
import { aGate } from './testing/a-gate';
import { eventually } from './testing/eventually';
import { expectOnce, numbered, toRecords, stageFencedConsumer } from './testing/fenced-stage';

const never = new AbortController().signal;

const stage = stageFencedConsumer();

describe('when a partition changes hands', () => {
  it('writes every record exactly once in a storm of reassignments', async () => {
    const one = await stage.consume({ publishTo: EVENTS_TOPIC, write: stage.writeAndPublish, maxBatch: 7 });
    const two = await stage.consume(
      { publishTo: EVENTS_TOPIC, write: stage.writeAndPublish, maxBatch: 7 },
      stage.openLog(stage.store),
    );
    for (let storm = 0; storm < 12; storm++) {
      for (let partition = 0; partition < 4; partition++) await stage.append(partition, numbered(25, storm * 25));
      await (storm % 2 ? one : two).reassign();
    }
    await eventually('all are written', async () => (await stage.effects()).length >= 1_200);
    expectOnce(await stage.effects(), { 0: 300, 1: 300, 2: 300, 3: 300 });
    for (let partition = 0; partition < 4; partition++) await stage.expectPublishedOnce(partition, 300);
  });

  it('writes every record exactly once while two believe that everything is theirs', async () => {
    // Its own group over the same records: each is a zombie to the other.
    const zombies = stage.openLog({ ...stage.store, groups: new Map() });
    const { logger, lines } = recordingLogger();
    await stage.consume({ publishTo: EVENTS_TOPIC, write: stage.writeAndPublish, maxBatch: 5, logger });
    await stage.consume({ publishTo: EVENTS_TOPIC, write: stage.writeAndPublish, maxBatch: 5, logger }, zombies);
    for (let round = 0; round < 10; round++) {
      for (let partition = 0; partition < 4; partition++) await stage.append(partition, numbered(20, round * 20));
      await (round % 2 ? stage.consuming[0]! : stage.consuming[1]!).reassign();
    }
    await eventually('all are written', async () => (await stage.effects()).length >= 800);
    expectOnce(await stage.effects(), { 0: 200, 1: 200, 2: 200, 3: 200 });
    for (let partition = 0; partition < 4; partition++) await stage.expectPublishedOnce(partition, 200);
    expect(lines.filter(({ msg }) => String(msg).startsWith('FENCED')).length).toBeGreaterThan(0);
  });

  it('leaves a partition out that somebody claimed in mid-flush; the others are written at once', async () => {
    const gate = aGate();
    const fenced: number[] = [];
    let stolen = false;
    await stage.append(0, numbered(5));
    await stage.append(1, numbered(5));
    await stage.consume({
      observer: { fenced: (partition) => void fenced.push(partition) },
      async write(flush) {
        await stage.writeEffects(flush);
        if (stolen || !flush.partitions.some(({ partition }) => partition === 0)) return;
        stolen = true;
        await stage.steal(0);
        gate.open();
      },
    });
    await gate.opened;
    await eventually('all are written', async () => (await stage.effects()).length >= 10);
    expectOnce(await stage.effects(), { 0: 5, 1: 5 });
    expect(fenced).toEqual([0]);
  });

  it('is fenced although a zombie wakes up only after its successor has written', async () => {
    const gate = aGate();
    await stage.append(0, numbered(5));
    const zombie = await stage.consume({
      async write(flush) {
        await stage.writeEffects(flush);
        await gate.opened;
      },
    });
    await stage.inTransaction();
    await stage.consume({}, stage.openLog({ ...stage.store, groups: new Map() }));
    await eventually('the successor has written', async () => (await stage.effects()).length === 5);
    gate.open();
    await stage.append(0, numbered(5, 5));
    await eventually('the rest is written', async () => (await stage.effects()).length >= 10);
    await zombie.stop();
    expectOnce(await stage.effects(), { 0: 10 });
  });

  it('lets the next owner publish what a dead one committed and never published, before anything new', async () => {
    await stage.append(0, numbered(10));
    stage.log.failAppends(new Error('the broker is away'));
    const first = await stage.consume({ publishTo: EVENTS_TOPIC, write: stage.writeAndPublish });
    await eventually('all are committed', async () => (await stage.outbox()).length === 10);
    expect(first.unpublished()).toBe(10);
    // Dies without a word: its claim is simply taken by the next.
    const heir = stage.openLog({ ...stage.store, groups: new Map() });
    await stage.consume({ publishTo: EVENTS_TOPIC, write: stage.writeAndPublish }, heir);
    await eventually('the rest is published', async () => (await stage.published(0)).length === 10);
    await heir.append(HEARTBEATS_TOPIC, toRecords(0, numbered(5, 10)), never);
    await eventually('the new ones are published', async () => (await stage.published(0)).length === 15);
    expect((await stage.published(0)).map(({ seq }) => seq)).toEqual(Array.from({ length: 15 }, (_, at) => at + 1));
    expectOnce(await stage.effects(), { 0: 15 });
  });

  it('does not publish again what is written down as published', async () => {
    await stage.append(0, numbered(10));
    const first = await stage.consume({ publishTo: EVENTS_TOPIC, write: stage.writeAndPublish });
    await eventually('all are published', async () => (await stage.published(0)).length === 10);
    await first.stop();
    expect((await stage.places())[0]).toMatchObject({ published_seq: 10, next_seq: 11 });
    const second = await stage.consume({ publishTo: EVENTS_TOPIC, write: stage.writeAndPublish });
    await second.reassign();
    await stage.append(0, numbered(1, 10));
    await eventually('the new one is published', async () => (await stage.published(0)).length > 10);
    expect((await stage.published(0)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});
