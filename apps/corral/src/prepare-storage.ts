import { TOPICS } from '@corral/contracts';
import { migrate, PARTITIONS_SETTING, pinSetting, readSetting, type Database } from '@corral/database';
import { connectTopicAdmin, type EventLogConfig } from '@corral/messaging';
import type { Logger } from '@corral/runtime';

/** What has to be ready before any service starts. */
export interface PrepareOptions {
  readonly database: Database;
  readonly config: EventLogConfig & { readonly CORRAL_PARTITIONS: number | undefined };
  /** For a database that has none pinned, and an operator who asks for none. */
  readonly defaultPartitions: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Brings schema and topics up to date and answers how many partitions every topic has: pinned at the first time, for a changed number
 * would move vehicles to other partitions. Rejects with a sentence when another number is asked for.
 */
export async function prepareStorage(options: PrepareOptions): Promise<number> {
  const { database, config, defaultPartitions, logger, signal } = options;
  await migrate({ url: database.url, logger, signal });
  const wanted = config.CORRAL_PARTITIONS;
  const pinned = await readSetting(database, PARTITIONS_SETTING);
  if (pinned !== undefined) refuseOther(Number(pinned), wanted);
  const partitions = Number(pinned ?? wanted ?? defaultPartitions);

  const admin = await connectTopicAdmin({ config, database, logger });
  try {
    await admin.ensureTopics(TOPICS, partitions, signal);
  } finally {
    await admin.close();
  }
  // Only now: topics of another count must not leave a number behind that keeps the operator from asking for theirs.
  refuseOther(Number(await pinSetting(database, PARTITIONS_SETTING, String(partitions))), partitions);
  return partitions;
}

function refuseOther(pinned: number, wanted: number | undefined): void {
  if (wanted === undefined || wanted === pinned) return;
  throw new Error(
    `CORRAL_PARTITIONS is ${wanted}, but this database was first started with ${pinned}: set CORRAL_PARTITIONS=${pinned} or leave it unset; ` +
      'another number would move vehicles to other partitions',
  );
}
