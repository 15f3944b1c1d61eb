import { CONSUMERS } from '@corral/contracts';
import { dropOldOutboxDays, ensureDay, type Database, type OutboxDays } from '@corral/database';
import { dropOldDays, retentionRule, trackRetentionMs } from '@corral/ingestion';
import { createLogger, readConfig } from '@corral/runtime';
import { reachDatabase } from '../reach-database';
import type { Print } from './add-commands';
import { maintenanceSettings } from './maintenance-settings';

const DAY_MS = 86_400_000;

/** How many days ahead there is room: a run may fail a whole weekend. */
const DAYS_AHEAD = 3;

/** Who publishes from the outbox; the gateway's own messages are only read there. */
const PUBLISHERS = [CONSUMERS.geofence, CONSUMERS.notification];

/** What one run did. */
export interface Maintenance {
  /** Days of the outbox and of the log in PostgreSQL that exist from now on. */
  readonly ahead: readonly string[];
  readonly track: { readonly dropped: readonly string[] };
  readonly outbox: OutboxDays;
}

/** `corral maintenance`: once an hour, by whoever; two at the same time do no harm. */
export async function maintenanceCommand(env: NodeJS.ProcessEnv, print: Print): Promise<void> {
  const config = readConfig(maintenanceSettings, env, [retentionRule]);
  const logger = createLogger({ name: 'corral maintenance', level: 'warn', destination: process.stderr });
  const database = await reachDatabase({
    url: config.DATABASE_URL,
    application: 'corral maintenance',
    poolSize: 2,
    logger,
  });
  try {
    const done = await maintain(database, Date.now(), trackRetentionMs(config));
    print(done, sentences(done).join('\n'));
  } finally {
    await database.close();
  }
}

/**
 * Makes the coming days, drops what is past retention: days of the track by their last receipt, and days of the outbox, which is never kept shorter
 * than the track. The log in PostgreSQL drops its own. Times in epoch milliseconds.
 */
export async function maintain(database: Database, now: number, retentionMs: number): Promise<Maintenance> {
  const ahead = Array.from({ length: DAYS_AHEAD + 1 }, (_, i) => dayOf(now + i * DAY_MS));
  for (const day of ahead) {
    await ensureDay(database, 'outbox', day);
    await ensureDay(database, 'log_record', day);
  }
  return {
    ahead,
    track: { dropped: await dropOldDays(database, now - retentionMs) },
    outbox: await dropOldOutboxDays(database, now - retentionMs, PUBLISHERS),
  };
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function sentences({ ahead, track, outbox }: Maintenance): readonly string[] {
  const days = (list: readonly string[]) => (list.length === 0 ? 'none' : list.join(', '));
  return [
    `There is room up to and with ${ahead.at(-1)}.`,
    `Days of the track dropped: ${days(track.dropped)}.`,
    `Days of the outbox dropped: ${days(outbox.dropped)}.`,
    ...(outbox.unpublished.length === 0
      ? []
      : [`Days of the outbox kept because something in them is not published yet: ${days(outbox.unpublished)}.`]),
  ];
}
