import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ALERTS_TOPIC, CONSUMERS, decodeEvent, EVENTS_TOPIC } from '@corral/contracts';
import type { RelFolder } from '../rel-folder';
import { endpointOf, type Hit } from '../sink/sink';
import { compareDeliveries, type DeliveriesReport, type Told } from './deliveries';
import type { Evidence } from './open-evidence';
import type { PlantedFaults } from './planted-faults';
import { readTopic } from './read-log';

/** `rel check deliveries dups`: what was told in both topics against what the sink wrote down. */
export async function checkDeliveries(
  folder: RelFolder,
  evidence: Evidence,
  options: {
    readonly waitMs: number;
    readonly signal: AbortSignal;
    readonly progress: (line: string) => void;
    readonly planted?: PlantedFaults;
  },
): Promise<DeliveriesReport & { readonly behind: readonly string[] }> {
  if (!existsSync(folder.hits)) throw new Error(`there is no ${folder.hits}: run \`rel sink\` beside the load`);
  const behind = await delivered(evidence, options);
  const told = new Map<string, Told>();
  for (const topic of [EVENTS_TOPIC, ALERTS_TOPIC])
    for await (const { partition, offset, value } of readTopic(evidence, topic, options.signal)) {
      const read = decodeEvent(value);
      if (read.kind !== 'event') throw new Error(`${topic} partition ${partition} offset ${offset}: ${read.detail}`);
      const { type } = read.event;
      const { id, revision, resolution } = read.event.data as { id: string; revision: number; resolution?: string };
      const correction = type === 'alert.resolved' && resolution === 'retracted';
      told.set(`${id}_r${revision}`, { id, revision, type, correction });
    }
  const hits = await readHits(folder);
  return { ...compareDeliveries([...told.values()], options.planted?.hits(hits) ?? hits, endpointOf), behind };
}

/** Waits until notification has read all facts and no delivery is pending; answers who is behind when the time is over. */
async function delivered(
  { database, log }: Evidence,
  { waitMs, signal, progress }: { waitMs: number; signal: AbortSignal; progress: (line: string) => void },
): Promise<readonly string[]> {
  const ends = (await log.bounds(EVENTS_TOPIC, signal)).map(({ end }) => end);
  let shownAt = performance.now();
  for (const deadline = shownAt + waitMs; ; await sleep(200)) {
    const { rows } = await database.query<{ partition: number; next_offset: number; untold: number }>(
      `SELECT partition, next_offset, next_seq - 1 - published_seq AS untold FROM partition_owner WHERE consumer = $1 AND topic = $2`,
      [CONSUMERS.notification, EVENTS_TOPIC],
    );
    const unread = ends.reduce((sum, end, partition) => {
      const at = rows.find((row) => row.partition === partition);
      return sum + Math.max(0, end - (at?.next_offset ?? 0)) + (at?.untold ?? 0);
    }, 0);
    const pending = await database.query<{ count: number }>(
      `SELECT count(*) AS count FROM delivery WHERE status = 'pending'`,
    );
    const waiting = pending.rows[0]!.count;
    const behind = [
      ...(unread > 0 ? [`notification has ${unread} facts to read or alerts to tell`] : []),
      ...(waiting > 0 ? [`${waiting} deliveries are pending`] : []),
    ];
    if (behind.length === 0 || performance.now() > deadline || signal.aborted) return behind;
    if (performance.now() - shownAt > 2_000) {
      shownAt = performance.now();
      progress(`waiting: ${behind.join('; ')}`);
    }
  }
}

async function readHits({ hits }: RelFolder): Promise<readonly Hit[]> {
  const found: Hit[] = [];
  for await (const line of createInterface({ input: createReadStream(hits), crlfDelay: Infinity }))
    if (line !== '') found.push(JSON.parse(line) as Hit);
  return found;
}
