import { loadScheduleRows, msToTimestamp, type Queryable } from '@corral/database';

/** What became of a publication or its withdrawal. `effectiveAt` in epoch ms; -Infinity: from the beginning of time. */
export type PublishOutcome =
  | { readonly kind: 'published'; readonly effectiveAt: number }
  | {
      readonly kind: 'refused';
      readonly code: 'zone_set_not_found' | 'effective_at_in_the_past';
      readonly detail: string;
    };

/** Schedules a version from then on (`now` if not said). A fleet's first counts from the beginning of time. Under `lockZoneSets`. */
export async function publishZoneSet(
  tx: Queryable,
  wanted: { readonly fleetId: string; readonly version: number; readonly effectiveAt?: number; readonly now: number },
): Promise<PublishOutcome> {
  const { fleetId, version, now } = wanted;
  const { rowCount } = await tx.query('SELECT 1 FROM zone_set WHERE fleet_id = $1 AND version = $2', [
    fleetId,
    version,
  ]);
  if (rowCount === 0) return { kind: 'refused', code: 'zone_set_not_found', detail: `There is no version ${version}.` };
  if (wanted.effectiveAt !== undefined && wanted.effectiveAt < now)
    return {
      kind: 'refused',
      code: 'effective_at_in_the_past',
      detail: 'effectiveAt must not be before the publication: what was decided by then stays decided.',
    };
  const { rows } = await loadScheduleRows(tx, fleetId);
  const last = rows.at(-1);
  // The same asked again, such as by a client that got no answer, changes nothing.
  const asBefore =
    wanted.effectiveAt === undefined ? (last?.effectiveAt ?? 0) <= now : wanted.effectiveAt === last?.effectiveAt;
  if (last?.version === version && asBefore) return { kind: 'published', effectiveAt: last.effectiveAt };
  // Who says another moment for a scheduled version moves it; otherwise it would count from the earlier one all the same.
  const revision = await takeBack(tx, wanted);
  const effectiveAt = revision === 0 ? -Infinity : (wanted.effectiveAt ?? now);
  await schedule(tx, { fleetId, revision, version, effectiveAt, now });
  await tx.query(
    `UPDATE zone_set SET status = 'published', published_at = coalesce(published_at, ${msToTimestamp('$3')})
      WHERE fleet_id = $1 AND version = $2`,
    [fleetId, version, now],
  );
  return { kind: 'published', effectiveAt };
}

/** What became of a withdrawal. */
export type WithdrawOutcome =
  | { readonly kind: 'withdrawn' }
  | { readonly kind: 'refused'; readonly code: 'not_scheduled' | 'already_effective'; readonly detail: string };

/** Takes a scheduled version back before it counts, wherever it is scheduled. Under `lockZoneSets`. */
export async function withdrawZoneSet(
  tx: Queryable,
  wanted: { readonly fleetId: string; readonly version: number; readonly now: number },
): Promise<WithdrawOutcome> {
  const { fleetId, version, now } = wanted;
  const { rows } = await loadScheduleRows(tx, fleetId);
  const scheduled = rows.findLast((row) => row.version === version);
  if (scheduled === undefined)
    return { kind: 'refused', code: 'not_scheduled', detail: `Version ${version} is not scheduled.` };
  if (scheduled.effectiveAt <= now)
    return {
      kind: 'refused',
      code: 'already_effective',
      detail: `Version ${version} counts already; publish another one instead.`,
    };
  await takeBack(tx, wanted);
  const stillNamed = rows.some((row) => row.version === version && row.effectiveAt <= now);
  if (!stillNamed)
    await tx.query(`UPDATE zone_set SET status = 'draft', published_at = NULL WHERE fleet_id = $1 AND version = $2`, [
      fleetId,
      version,
    ]);
  return { kind: 'withdrawn' };
}

/**
 * Removes every moment to come at which the version begins to count. The schedule only grows, so this schedules what would have been in
 * force without it for the same moment: of two rows for one moment the later counts. Answers the schedule's revision.
 */
async function takeBack(
  tx: Queryable,
  { fleetId, version, now }: { readonly fleetId: string; readonly version: number; readonly now: number },
): Promise<number> {
  for (;;) {
    // A moment taken back may uncover a later one, at which the version would have gone on.
    const { revision, rows } = await loadScheduleRows(tx, fleetId);
    const place = rows.findIndex((row) => row.version === version && row.effectiveAt > now);
    const before = rows[place - 1];
    if (before === undefined) return revision;
    const { effectiveAt } = rows[place]!;
    await schedule(tx, { fleetId, revision, version: before.version, effectiveAt, now });
  }
}

/**
 * Lets a version count from a moment on, until the next change. A moment that was taken back is a row that changes nothing: it must go on
 * changing nothing, or the version of that time would return with it. The row that was asked for comes last.
 */
async function schedule(
  tx: Queryable,
  entry: {
    readonly fleetId: string;
    readonly revision: number;
    readonly version: number;
    readonly effectiveAt: number;
    readonly now: number;
  },
): Promise<void> {
  const { fleetId, version, effectiveAt, now } = entry;
  const { rows } = await tx.query<{ version: number; effective_at: number }>(
    `SELECT DISTINCT ON (effective_at) version, effective_at FROM zone_schedule WHERE fleet_id = $1
      ORDER BY effective_at, revision DESC`,
    [fleetId],
  );
  let revision = entry.revision;
  for (const [i, row] of rows.entries()) {
    if (row.effective_at <= effectiveAt) continue;
    if (row.version !== rows[i - 1]?.version) break;
    await appendRow(tx, fleetId, ++revision, version, row.effective_at, now);
  }
  await appendRow(tx, fleetId, ++revision, version, effectiveAt, now);
}

/** Appends a line to the schedule. Whatever zones count from then on, the stations that were said last count beside them. */
export async function appendRow(
  tx: Queryable,
  fleetId: string,
  revision: number,
  version: number,
  effectiveAt: number,
  now: number,
): Promise<void> {
  await tx.query(
    `INSERT INTO zone_schedule (fleet_id, revision, version, station_version, effective_at, created_at)
     VALUES ($1, $2, $3, (SELECT max(version) FROM station_set WHERE fleet_id = $1), ${msToTimestamp('$4')}, ${msToTimestamp('$5')})`,
    [fleetId, revision, version, effectiveAt, now],
  );
}
