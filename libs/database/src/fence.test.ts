import {
  appendOutbox,
  claimPartition,
  commitFence,
  parkPartition,
  readOutbox,
  type Claim,
  type FenceRow,
} from './index';
import { startTestDatabase, type TestDatabase } from './testing';

let server: TestDatabase;
beforeAll(async () => {
  server = await startTestDatabase();
});
afterAll(() => server.stop());

const topic = 'corral.heartbeats.v1';

function claim(consumer: string, partition: number, owner = 'first'): Promise<Claim> {
  return claimPartition(server.database, { consumer, topic, partition, start: 100, clusterId: 'cluster-a', owner });
}

/** What an owner would write next: one record further, nothing published. */
function onward(partition: number, { epoch, revision, nextOffset, nextSeq, publishedSeq }: Claim): FenceRow {
  return { partition, epoch, revision, nextOffset: nextOffset + 1, nextSeq, publishedSeq };
}

/** One flush as its owners make it: effects, then the fence; rolled back when a fence fails. Answers the partitions that failed. */
async function flush(consumer: string, rows: FenceRow[], effect = 'an effect'): Promise<number[]> {
  let failed: number[] = [];
  await server.database
    .transaction(async (tx) => {
      for (const { partition } of rows) {
        await tx.query('INSERT INTO setting (name, value) VALUES ($1, $2)', [`${consumer} ${partition} ${effect}`, '']);
      }
      failed = await commitFence(tx, { consumer, topic, rows });
      if (failed.length > 0) throw new Error('fenced');
    })
    .catch((error: Error) => {
      if (error.message !== 'fenced') throw error;
    });
  return failed;
}

async function effects(consumer: string): Promise<string[]> {
  const { rows } = await server.database.query<{ name: string }>(
    `SELECT name FROM setting WHERE name LIKE $1 || ' %' ORDER BY name`,
    [consumer],
  );
  return rows.map(({ name }) => name.slice(consumer.length + 1));
}

test('the first claim of a partition starts where its log starts', async () => {
  expect(await claim('fresh', 3)).toEqual({
    epoch: 1,
    revision: 0,
    nextOffset: 100,
    nextSeq: 1,
    publishedSeq: 0,
    clusterId: 'cluster-a',
  });
});

test('a later claim goes on where the last commit stood, whatever its log starts with', async () => {
  const first = await claim('later', 0);
  const row = { ...onward(0, first), nextOffset: 250, nextSeq: 8, publishedSeq: 6, watermark: 1_795_255_201_609 };
  expect(await flush('later', [row])).toEqual([]);
  const second = await claimPartition(server.database, {
    consumer: 'later',
    topic,
    partition: 0,
    start: 999,
    clusterId: 'cluster-b',
    owner: 'second',
  });
  expect(second).toEqual({
    epoch: 2,
    revision: 1,
    nextOffset: 250,
    nextSeq: 8,
    publishedSeq: 6,
    clusterId: 'cluster-a',
    watermark: 1_795_255_201_609,
  });
});

test('a flush without a watermark leaves the one that stands', async () => {
  const claimed = await claim('watermark', 0);
  await flush('watermark', [{ ...onward(0, claimed), watermark: 5_000 }], 'one');
  await flush('watermark', [{ ...onward(0, claimed), revision: 1 }], 'two');
  expect((await claim('watermark', 0)).watermark).toBe(5_000);
});

test('of two who claim, only the later may write', async () => {
  const zombie = await claim('two', 0);
  const owner = await claim('two', 0, 'second');
  expect(owner.epoch).toBe(zombie.epoch + 1);
  expect(await flush('two', [onward(0, zombie)], 'of the zombie')).toEqual([0]);
  expect(await flush('two', [onward(0, owner)], 'of the owner')).toEqual([]);
  expect(await flush('two', [{ ...onward(0, zombie), revision: 1 }], 'of the zombie, later')).toEqual([0]);
  expect(await effects('two')).toEqual(['0 of the owner']);
});

test('a zombie in the middle of its transaction when the partition is taken cannot commit', async () => {
  const zombie = await claim('mid', 0);
  const work = server.database.transaction(async (tx) => {
    await tx.query(`INSERT INTO setting (name, value) VALUES ('mid of the zombie', '')`);
    await claim('mid', 0, 'second');
    const failed = await commitFence(tx, { consumer: 'mid', topic, rows: [onward(0, zombie)] });
    if (failed.length > 0) throw new Error(`fenced ${failed.join()}`);
  });
  await expect(work).rejects.toThrow('fenced 0');
  expect(await effects('mid')).toEqual([]);
});

test('a timer and a batch of the same owner that read the same state do not both win', async () => {
  const claimed = await claim('timer', 0);
  const [timer, batch] = await Promise.all([
    flush('timer', [onward(0, claimed)], 'a'),
    flush('timer', [onward(0, claimed)], 'b'),
  ]);
  expect([timer, batch].filter((failed) => failed.length === 0)).toHaveLength(1);
  expect(await effects('timer')).toHaveLength(1);
});

test('many partitions in one flush: those that failed are named, nothing moves, and the rest goes through without them', async () => {
  const partitions = [5, 1, 4, 0, 3, 2];
  const claims = new Map<number, Claim>();
  for (const partition of partitions) claims.set(partition, await claim('many', partition));
  for (const taken of [4, 1]) await claim('many', taken, 'second');
  const rows = [...claims].map(([partition, claimed]) => onward(partition, claimed));

  expect(await flush('many', rows)).toEqual([1, 4]);
  expect(await effects('many')).toEqual([]);
  const rest = rows.filter(({ partition }) => ![1, 4].includes(partition));
  expect(await flush('many', rest)).toEqual([]);
  expect(await effects('many')).toEqual(['0 an effect', '2 an effect', '3 an effect', '5 an effect']);
  expect((await claim('many', 1)).nextOffset).toBe(100);
  expect((await claim('many', 2)).nextOffset).toBe(101);
});

test('a partition nobody ever claimed fails', async () => {
  const row = { partition: 0, epoch: 1, revision: 0, nextOffset: 1, nextSeq: 1, publishedSeq: 0 };
  expect(await flush('never', [row])).toEqual([0]);
});

test('flushes over the same partitions in other orders do not wait for each other in a circle', async () => {
  const partitions = Array.from({ length: 8 }, (_, i) => i);
  const claims = new Map<number, Claim>();
  for (const partition of partitions) claims.set(partition, await claim('orders', partition));
  const revision = new Map<number, number>(partitions.map((partition) => [partition, 0]));
  // Each takes what it sees and may be beaten; a deadlock would throw.
  await Promise.all(
    Array.from({ length: 6 }, async (_, worker) => {
      for (let round = 0; round < 15; round++) {
        const order = worker % 2 === 0 ? partitions : [...partitions].reverse();
        const rows = order.map((partition) => ({
          ...onward(partition, claims.get(partition) as Claim),
          revision: revision.get(partition) ?? 0,
        }));
        const failed = await flush('orders', rows, `${worker} ${round}`);
        if (failed.length === 0) for (const row of rows) revision.set(row.partition, row.revision + 1);
      }
    }),
  );
  expect((await claim('orders', 0)).revision).toBe(revision.get(0));
  expect(await effects('orders')).toHaveLength(8 * (revision.get(0) ?? 0));
});

test('sequence numbers have no gaps and commit in order, whoever is killed or beaten on the way', async () => {
  const owners = { a: await claim('seq', 0, 'a'), b: await claim('seq', 0, 'b') };
  const outcomes = { kept: 0, fenced: 0, killed: 0 };
  let decided = 0;

  const decide = async (owner: 'a' | 'b', round: number) => {
    const { epoch, revision, nextOffset, nextSeq, publishedSeq } = owners[owner];
    const facts = Array.from({ length: 1 + (round % 3) }, (_, i) => ({
      partition: 0,
      seq: nextSeq + i,
      fleetId: 'default',
      vehicleId: 'bike-1',
      type: 'geofence_event.entered',
      id: `${owner} ${round} ${i}`,
      revision: 1,
      payload: '{}',
    }));
    const after = { nextOffset: nextOffset + 1, nextSeq: nextSeq + facts.length, publishedSeq };
    const outcome = await server.database
      .transaction(async (tx) => {
        await appendOutbox(tx, 'seq', facts);
        const rows = [{ partition: 0, epoch, revision, ...after }];
        if ((await commitFence(tx, { consumer: 'seq', topic, rows })).length > 0) throw new Error('fenced');
        if (round % 5 === 4) throw new Error('killed');
      })
      .then(() => 'kept' as const)
      .catch((error: { message: string; code?: string }) => {
        // Two owners may meet at one key of the outbox before they meet at the fence.
        if (error.code === '23505' || error.message === 'fenced') return 'fenced' as const;
        if (error.message === 'killed') return 'killed' as const;
        throw error;
      });
    outcomes[outcome]++;
    if (outcome === 'kept') {
      decided += facts.length;
      owners[owner] = { ...owners[owner], ...after, revision: revision + 1 };
    }
    if (outcome === 'fenced') owners[owner] = await claim('seq', 0, owner);
  };

  for (let round = 0; round < 60; round++) {
    if (round % 4 === 3) await Promise.all([decide('a', round), decide('b', round)]);
    else await decide(round % 8 < 4 ? 'a' : 'b', round);
  }
  const rows = await readOutbox(server.database, 'seq', 0, 0, 1_000);
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(0);
  expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: decided }, (_, i) => i + 1));
  expect((await claim('seq', 0)).nextSeq).toBe(decided + 1);
});

test('a parked partition says why until somebody lets it flow, and only its owner may park it', async () => {
  const zombie = await claim('park', 0);
  const owner = await claim('park', 0);
  const place = { consumer: 'park', topic, partition: 0 };
  expect(await parkPartition(server.database, { ...place, epoch: zombie.epoch, reason: 'late' })).toBe(false);
  expect(
    await parkPartition(server.database, { ...place, epoch: owner.epoch, reason: 'records 3 to 9 are gone' }),
  ).toBe(true);
  const next = await claim('park', 0);
  expect(next.parkedReason).toBe('records 3 to 9 are gone');
  await parkPartition(server.database, { ...place, epoch: next.epoch, reason: null });
  expect(await claim('park', 0)).not.toHaveProperty('parkedReason');
});
