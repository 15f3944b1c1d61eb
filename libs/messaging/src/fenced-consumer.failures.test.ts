import { EVENTS_TOPIC, HEARTBEATS_TOPIC } from '@corral/contracts';
import { connectDatabase, type Database } from '@corral/database';
import { sleep } from '@corral/runtime';
import { aGate } from './testing/a-gate';
import { eventually } from './testing/eventually';
import { expectOnce, numbered, stageFencedConsumer, toRecords } from './testing/fenced-stage';

const stage = stageFencedConsumer();

describe('when something fails', () => {
  it('tries again for as long as the database is away, and sets nothing aside', async () => {
    let outages = 4;
    await stage.append(0, numbered(10));
    await stage.consume({
      async write(flush) {
        await stage.writeEffects(flush);
        if (outages-- > 0) throw Object.assign(new Error('connection reset by peer'), { code: 'ECONNRESET' });
      },
    });
    await eventually('all are written', async () => (await stage.effects()).length === 10);
    expectOnce(await stage.effects(), { 0: 10 });
    expect(await stage.deadLetters()).toEqual([]);
  });

  it('goes on after its connections were cut in mid-flush', async () => {
    const cut = await connectDatabase({ url: stage.url, application: stage.consumer, poolSize: 4 });
    stage.closeLater(cut);
    let cuts = 3;
    await stage.append(0, numbered(10));
    await stage.append(1, numbered(10));
    await stage.consume({
      database: cut,
      async write(flush) {
        await stage.writeEffects(flush);
        if (cuts-- > 0)
          await stage.database.query(
            'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1',
            [stage.consumer],
          );
      },
    });
    await eventually('all are written', async () => (await stage.effects()).length >= 20);
    expectOnce(await stage.effects(), { 0: 10, 1: 10 });
    expect(await stage.deadLetters()).toEqual([]);
  });

  it('finds out what became of a commit whose answer was lost, and neither repeats nor forgets it', async () => {
    let answersLost = 4;
    const database: Database = {
      ...stage.database,
      async transaction(work, options) {
        const answer = await stage.database.transaction(work, options);
        if (answersLost-- > 0) throw new Error('Connection terminated unexpectedly');
        return answer;
      },
    };
    const consumption = await stage.consume({ database, publishTo: EVENTS_TOPIC, write: stage.writeAndPublish });
    for (let round = 0; round < 5; round++) {
      for (const partition of [0, 1]) await stage.append(partition, numbered(4, 4 * round));
      await eventually('they are written', async () => (await stage.effects()).length >= 8 * (round + 1));
    }
    expectOnce(await stage.effects(), { 0: 20, 1: 20 });
    for (const partition of [0, 1]) await stage.expectPublishedOnce(partition, 20);
    expect(await stage.deadLetters()).toEqual([]);
    await stage.append(0, numbered(1, 20));
    await eventually('it goes on', async () => (await stage.effects()).length === 41);
    expect(answersLost).toBeLessThan(0);
    expect(consumption.parked()).toEqual([]);
  });

  it('takes no record for poison because logins are refused for a while', async () => {
    let refusals = 8;
    const database: Database = {
      ...stage.database,
      async transaction(work, options) {
        if (refusals-- > 0) throw Object.assign(new Error('password authentication failed'), { code: '28P01' });
        return stage.database.transaction(work, options);
      },
    };
    await stage.append(0, ['only one']);
    await stage.append(1, numbered(3));
    await stage.consume({ database });
    await eventually('all are written', async () => (await stage.effects()).length === 4);
    expect(refusals).toBeLessThan(0);
    expect(await stage.deadLetters()).toEqual([]);
  });

  it('waits for a table that is not there yet, as after a migration that was forgotten', async () => {
    await stage.database.query('ALTER TABLE effect RENAME TO effect_of_tomorrow');
    try {
      await stage.append(0, numbered(3));
      const consumption = await stage.consume();
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(await stage.deadLetters()).toEqual([]);
      expect(consumption.parked()).toEqual([]);
    } finally {
      await stage.database.query('ALTER TABLE effect_of_tomorrow RENAME TO effect');
    }
    await eventually('all are written', async () => (await stage.effects()).length === 3);
    expect(await stage.deadLetters()).toEqual([]);
  });

  it('finds the one record that cannot be written, sets it aside with its bytes, and writes all others', async () => {
    const values = numbered(50);
    values[37] = 'poison \u{1f480}';
    await stage.append(0, values);
    await stage.append(1, numbered(50));
    await stage.consume({
      async write(flush) {
        for (const { records } of flush.partitions)
          for (const { value } of records)
            if (value!.toString().startsWith('poison')) throw new Error('step: undefined is not a bike');
        await stage.writeEffects(flush);
      },
    });
    await eventually('the others are written', async () => (await stage.effects()).length >= 99);
    expectOnce(await stage.effects(), { 0: 50, 1: 50 }, ['0/37']);
    expect(await stage.deadLetters()).toEqual([
      {
        topic: HEARTBEATS_TOPIC,
        partition: 0,
        record_offset: 37,
        key: 'almere/bike-1',
        value: Buffer.from('poison \u{1f480}'),
        reason: 'write_failed',
        detail: 'step: undefined is not a bike',
      },
    ]);
  });

  it('finds a record that PostgreSQL itself refuses', async () => {
    await stage.append(2, ['0', '1', 'with \u0000 inside', '3']);
    await stage.consume();
    await eventually('the others are written', async () => (await stage.effects()).length === 3);
    expect(await stage.deadLetters()).toMatchObject([
      { partition: 2, record_offset: 2, reason: 'write_failed', value: Buffer.from('with \u0000 inside') },
    ]);
    await eventually('it went on', async () => (await stage.places())[2]?.next_offset === 4);
  });

  it('parks a partition of which nothing can be written any more, before a day of it is set aside', async () => {
    const bikes = (count: number) =>
      toRecords(0, numbered(count)).map((record, at) => ({ ...record, key: `almere/bike-${at % 7}` }));
    await stage.log.append(HEARTBEATS_TOPIC, bikes(300), new AbortController().signal);
    await stage.append(1, numbered(20));
    let deployIsBad = true;
    const consumption = await stage.consume({
      async write(flush) {
        if (deployIsBad && flush.partitions.some(({ partition }) => partition === 0))
          throw new Error('column "lap" does not exist');
        await stage.writeEffects(flush);
      },
    });
    await eventually('it is parked', () => consumption.parked().length === 1, 40_000);
    expect(consumption.parked()).toEqual([
      { partition: 0, reason: '100 records in a row, of 7 vehicles, cannot be used, the last at offset 99' },
    ]);
    await eventually(
      'it is written down',
      async () =>
        (await stage.places())[0]?.parked_reason ===
        '100 records in a row, of 7 vehicles, cannot be used, the last at offset 99',
    );
    await stage.log.append(HEARTBEATS_TOPIC, bikes(50), new AbortController().signal);
    await stage.append(1, numbered(20, 20));
    await eventually('the other one flows', async () => (await stage.effects()).length === 40);
    expect(await stage.deadLetters()).toHaveLength(99);
    expect((await stage.places())[0]).toMatchObject({ next_offset: 99 });
    deployIsBad = false;
    await stage.database.query('UPDATE partition_owner SET parked_reason = NULL WHERE consumer = $1', [stage.consumer]);
    await consumption.reassign();
    await eventually(
      'the rest is written once the operator decided',
      async () => (await stage.effects()).length === 291,
    );
    expect(await stage.deadLetters()).toHaveLength(99);
  });

  it('tries in halves what takes so long that PostgreSQL ends the transaction, and comes through', async () => {
    for (let partition = 0; partition < 4; partition++) await stage.append(partition, numbered(40));
    const consumption = await stage.consume({
      slowMs: 200,
      async write(flush) {
        await flush.tx.query('SET LOCAL idle_in_transaction_session_timeout = 250');
        // A machine that is short of everything: 160 records take 1.6 s, the 10 of a quarter of a partition 0.1 s.
        await sleep(10 * flush.partitions.reduce((sum, { records }) => sum + records.length, 0));
        await stage.writeEffects(flush);
      },
    });
    await eventually('all are written', async () => (await stage.effects()).length === 160, 30_000);
    expectOnce(await stage.effects(), { 0: 40, 1: 40, 2: 40, 3: 40 });
    expect(await stage.deadLetters()).toEqual([]);
    expect(consumption.parked()).toEqual([]);
  });

  it('does not take an error that heals after two tries for poison', async () => {
    let failures = 2;
    await stage.append(0, ['only one']);
    await stage.consume({
      async write(flush) {
        if (failures-- > 0) throw new Error('a rare race');
        await stage.writeEffects(flush);
      },
    });
    await eventually('it is written', async () => (await stage.effects()).length === 1);
    expect(await stage.deadLetters()).toEqual([]);
  });

  it('sets aside what the writer says, in the same transaction', async () => {
    const observed: string[] = [];
    await stage.append(0, ['good', 'not json', 'good']);
    await stage.consume({
      observer: { deadLettered: (reason) => void observed.push(reason) },
      async write(flush) {
        for (const { records, deadLetter } of flush.partitions)
          for (const record of records)
            if (record.value!.toString() === 'not json') deadLetter(record, 'undecodable', 'not JSON');
        await stage.writeEffects(flush);
      },
    });
    await eventually('all are through', async () => (await stage.effects()).length === 3);
    expect(await stage.deadLetters()).toMatchObject([
      { partition: 0, record_offset: 1, reason: 'undecodable', detail: 'not JSON' },
    ]);
    expect(observed).toEqual(['undecodable']);
  });

  it('holds up one partition only when somebody holds the lock of one of its vehicles', async () => {
    await stage.database.query(`INSERT INTO bike VALUES ('locked-0', 0), ('free-1', 0) ON CONFLICT DO NOTHING`);
    const gate = aGate();
    const held = aGate();
    const locked = stage.database.transaction(async (tx) => {
      await tx.query(`SELECT FROM bike WHERE id = 'locked-0' FOR UPDATE`);
      held.open();
      await gate.opened;
    });
    await held.opened;
    await stage.append(0, ['locked-0']);
    await stage.append(1, ['free-1']);
    await stage.consume({
      async write(flush) {
        for (const { records } of flush.partitions)
          for (const { value } of records)
            await flush.tx.query('UPDATE bike SET seen = seen + 1 WHERE id = $1', [value!.toString()]);
        await stage.writeEffects(flush);
      },
    });
    await eventually('the free one is written', async () =>
      (await stage.effects()).some(({ partition }) => partition === 1),
    );
    await stage.append(1, ['free-1']);
    await eventually(
      'it flows',
      async () => (await stage.effects()).filter(({ partition }) => partition === 1).length === 2,
    );
    expect((await stage.effects()).some(({ partition }) => partition === 0)).toBe(false);
    gate.open();
    await locked;
    await eventually('the locked one is written', async () => (await stage.effects()).length === 3);
    const { rows } = await stage.database.query('SELECT id, seen FROM bike ORDER BY id');
    expect(rows).toEqual([
      { id: 'free-1', seen: 2 },
      { id: 'locked-0', seen: 1 },
    ]);
  });

  it('stops reading when too much is waiting to be published, and goes on when the log takes it', async () => {
    for (let round = 0; round < 8; round++) await stage.append(0, numbered(2_000, round * 2_000));
    stage.log.failAppends(new Error('the broker is away'));
    const consumption = await stage.consume({ publishTo: EVENTS_TOPIC, write: stage.writeAndPublish });
    await eventually('it is full', () => consumption.unpublished() >= 10_000);
    const full = consumption.unpublished();
    expect(full).toBeLessThanOrEqual(12_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(consumption.unpublished()).toBe(full);
    stage.log.failAppends(undefined);
    await eventually('all are published', async () => (await stage.published(0)).length === 16_000, 30_000);
    await stage.expectPublishedOnce(0, 16_000);
  });

  it('refuses to start without its topic', async () => {
    await expect(stage.consume({ topic: 'corral.nothing.v1' })).rejects.toThrow('there is no topic corral.nothing.v1');
  });
});
