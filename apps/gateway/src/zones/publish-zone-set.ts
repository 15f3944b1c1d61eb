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
  const { revision, rows } = await loadScheduleRows(tx, fleetId);
  const last = rows.at(-1);
  // The same asked again, such as by a client that got no answer, changes nothing.
  const asBefore =
    wanted.effectiveAt === undefined ? (last?.effectiveAt ?? 0) <= now : wanted.effectiveAt === last?.effectiveAt;
  if (last?.version === version && asBefore) return { kind: 'published', effectiveAt: last.effectiveAt };
  const effectiveAt = revision === 0 ? -Infinity : (wanted.effectiveAt ?? now);
  await appendRow(tx, fleetId, revision + 1, version, effectiveAt, now);
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

/**
 * Takes a scheduled version back before it counts. The schedule only grows, so this schedules what would have been in force without it
 * for the same moment: of two rows for one moment the later counts. Under `lockZoneSets`.
 */
export async function withdrawZoneSet(
  tx: Queryable,
  wanted: { readonly fleetId: string; readonly version: number; readonly now: number },
): Promise<WithdrawOutcome> {
  const { fleetId, version, now } = wanted;
  const { revision, rows } = await loadScheduleRows(tx, fleetId);
  const scheduled = rows.findLast((row) => row.version === version);
  if (scheduled === undefined)
    return { kind: 'refused', code: 'not_scheduled', detail: `Version ${version} is not scheduled.` };
  if (scheduled.effectiveAt <= now)
    return {
      kind: 'refused',
      code: 'already_effective',
      detail: `Version ${version} counts already; publish another one instead.`,
    };
  const before = rows[rows.indexOf(scheduled) - 1]!;
  await appendRow(tx, fleetId, revision + 1, before.version, scheduled.effectiveAt, now);
  const stillNamed = rows.some((row) => row.version === version && row !== scheduled);
  if (!stillNamed)
    await tx.query(`UPDATE zone_set SET status = 'draft', published_at = NULL WHERE fleet_id = $1 AND version = $2`, [
      fleetId,
      version,
    ]);
  return { kind: 'withdrawn' };
}

async function appendRow(
  tx: Queryable,
  fleetId: string,
  revision: number,
  version: number,
  effectiveAt: number,
  now: number,
): Promise<void> {
  await tx.query(
    `INSERT INTO zone_schedule (fleet_id, revision, version, effective_at, created_at)
     VALUES ($1, $2, $3, ${msToTimestamp('$4')}, ${msToTimestamp('$5')})`,
    [fleetId, revision, version, effectiveAt, now],
  );
}
