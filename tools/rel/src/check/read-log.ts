import { CONSUMERS, HEARTBEATS_TOPIC } from '@corral/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Evidence } from './open-evidence';

/** How far a consumer is in one partition. */
export interface Progress {
  readonly consumer: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly untold: number;
  readonly parkedReason?: string;
}

/** How waiting ended. */
export interface CaughtUp {
  readonly waitedMs: number;
  /** Sentences that say who is behind when the time is over; none when nobody is. */
  readonly behind: readonly string[];
}

/** Waits until geofence and history have read what is in the topic now and everything decided has been told. */
export async function catchUp(
  evidence: Evidence,
  options: { readonly withinMs: number; readonly signal: AbortSignal; readonly progress: (line: string) => void },
): Promise<CaughtUp> {
  const { withinMs, signal, progress: show } = options;
  const began = performance.now();
  let shownAt = began;
  const ends = (await evidence.log.bounds(HEARTBEATS_TOPIC, signal)).map(({ end }) => end);
  for (const deadline = performance.now() + withinMs; ; await sleep(200)) {
    const progress = await readProgress(evidence);
    const behind = [CONSUMERS.geofence, CONSUMERS.history].flatMap((consumer) =>
      ends.flatMap((end, partition) => {
        const found = progress.find((one) => one.consumer === consumer && one.partition === partition);
        const where = `${consumer} partition ${partition}`;
        if (found === undefined) return end === 0 ? [] : [`${where} was never claimed`];
        if (found.parkedReason !== undefined) return [`${where} is parked: ${found.parkedReason}`];
        if (found.nextOffset < end) return [`${where} reads ${found.nextOffset} next of ${end}`];
        return found.untold > 0 ? [`${where} has ${found.untold} facts untold`] : [];
      }),
    );
    const waitedMs = Math.round(performance.now() - began);
    if (behind.length === 0 || performance.now() > deadline || signal.aborted) return { waitedMs, behind };
    if (performance.now() - shownAt > 2_000) {
      shownAt = performance.now();
      show(`waiting: ${behind.slice(0, 3).join('; ')}${behind.length > 3 ? `; and ${behind.length - 3} more` : ''}`);
    }
  }
}

/** Where every consumer of the heartbeats is. */
export async function readProgress({ database }: Evidence): Promise<readonly Progress[]> {
  const { rows } = await database.query<{
    consumer: string;
    partition: number;
    next_offset: number;
    untold: number;
    parked_reason: string | null;
  }>(
    `SELECT consumer, partition, next_offset, next_seq - 1 - published_seq AS untold, parked_reason
       FROM partition_owner WHERE topic = $1`,
    [HEARTBEATS_TOPIC],
  );
  return rows.map((row) => ({
    consumer: row.consumer,
    partition: row.partition,
    nextOffset: row.next_offset,
    untold: row.untold,
    parkedReason: row.parked_reason ?? undefined,
  }));
}

/** Every record of a topic, partition by partition, in order of offsets. */
export async function* readTopic(evidence: Evidence, topic: string, signal: AbortSignal) {
  for (let partition = 0; partition < evidence.log.partitions; partition += 1)
    yield* readPartition(evidence, topic, partition, signal);
}

/** Every record of one partition, in order of offsets. */
export function readPartition({ log }: Evidence, topic: string, partition: number, signal: AbortSignal) {
  return log.read(topic, partition, 0, signal);
}
