import { HEARTBEATS_TOPIC, vehicleKey } from '@corral/contracts';
import { openEvidence } from './check/open-evidence';
import type { RelFolder } from './rel-folder';

/** What is appended straight to the topic, past ingestion. */
export interface PoisonOptions {
  readonly n: number;
  readonly vehicles: number;
  /** The partition that takes it all. */
  readonly partition: number;
  /** Of each record beyond its few bytes of garbage. */
  readonly bytes: number;
}

/** Appends records that nobody can use, by turns under the keys of these vehicles, all to one partition. */
export async function poison(folder: RelFolder, { n, vehicles, partition, bytes }: PoisonOptions): Promise<void> {
  const evidence = await openEvidence(folder);
  try {
    const records = Array.from({ length: n }, (_, at) => ({
      key: vehicleKey('default', `poison-${at % vehicles}`),
      value: Buffer.from(`{ "this is": "not a heartbeat ${at}${'!'.repeat(bytes)}`),
      timestamp: Date.now(),
      partition,
    }));
    // A record of a megabyte goes alone.
    const atOnce = bytes > 1_000 ? 1 : 500;
    for (let from = 0; from < n; from += atOnce)
      await evidence.log.append(HEARTBEATS_TOPIC, records.slice(from, from + atOnce), AbortSignal.timeout(30_000));
  } finally {
    await evidence.close();
  }
}
