import type { AlertEpisode, SilentVehicle } from '@corral/domain';
import type { Queryable } from './queryable';

/** An alert as it is kept: what facts say of it, and what people added. Times are epoch milliseconds. */
export interface AlertRow extends AlertEpisode {
  readonly assigneeId?: string;
  readonly snoozedUntil?: number;
  /** While it is unresolved: which (fleet, rule, vehicle, zone) it is about. At most one alert holds it. */
  readonly episode?: string;
}

/** The alert of CONTRACT 6, times still in epoch milliseconds: what is published and, with RFC 3339 times, what people and webhooks see. */
export type AlertData = Omit<AlertRow, 'fleetId' | 'violationRevisions' | 'snoozedUntil' | 'episode'>;

/** What the outside may know of an alert. */
export function alertData(row: AlertRow): AlertData {
  const { fleetId: _fleetId, violationRevisions: _revisions, snoozedUntil: _until, episode: _episode, ...data } = row;
  return data;
}

/** One line of an alert's history. */
export interface AlertHistoryEntry {
  readonly id: string;
  readonly alertId: string;
  readonly fleetId: string;
  readonly revision: number;
  /** `opened`, `updated`, `resolved`, `reopened`; a person's `acknowledged`, … */
  readonly action: string;
  /** `system`, or who. */
  readonly actor: string;
  readonly at: number;
  readonly detail?: Readonly<Record<string, unknown>>;
}

const COLUMNS = `id, revision, fleet_id AS "fleetId", kind, severity, status, resolution, title, vehicle_id AS "vehicleId", zone_id AS "zoneId",
  violation_ids AS "violationIds", violation_revisions AS "violationRevisions", count, assignee_id AS "assigneeId", opened_at AS "openedAt",
  last_at AS "lastAt", resolved_at AS "resolvedAt", snoozed_until AS "snoozedUntil", episode`;

/** The open alerts of these episodes and every alert that ever counted one of these violations, locked until the transaction ends. */
export async function lockAlertsOf(
  tx: Queryable,
  wanted: { readonly episodes: readonly string[]; readonly violationIds: readonly string[] },
): Promise<AlertRow[]> {
  const { rows } = await tx.query<AlertRecord>(
    `SELECT ${COLUMNS} FROM alert WHERE id IN
       (SELECT id FROM alert WHERE episode = ANY($1::text[]) UNION SELECT id FROM alert WHERE violation_ids && $2::text[])
     ORDER BY id FOR UPDATE`,
    [wanted.episodes, wanted.violationIds],
  );
  return rows.map(alertOf);
}

/** What a fleet's silences look like around some moment: who is silent, how many vehicles there are, and its alerts about many. */
export interface SilentCrowd {
  readonly silent: readonly SilentVehicle[];
  readonly fleet: number;
  readonly cells: ReadonlyMap<number, number>;
  readonly mass: readonly AlertRow[];
  /** Unresolved alerts about one silent vehicle each, opened around then. */
  readonly single: readonly AlertRow[];
}

/**
 * The silences of a fleet that opened in that time (epoch ms), with everything it takes to see whether they belong together; one transaction per fleet
 * at a time, so that two services do not each see half of them. Vehicles that were not heard of for a day do not count.
 */
export async function lockSilentCrowd(tx: Queryable, fleetId: string, from: number, to: number): Promise<SilentCrowd> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('corral silence ' || $1::text, 0))`, [fleetId]);
  const span = [fleetId, from, to];
  const { rows: silent } = await tx.query<{ id: string; opened_at: number; lng: number | null; lat: number | null }>(
    `SELECT id, opened_at, lng, lat FROM violation WHERE fleet_id = $1 AND kind = 'silent' AND status = 'open' AND NOT retracted
        AND opened_at BETWEEN to_timestamp($2::float8 / 1000) AND to_timestamp($3::float8 / 1000)`,
    span,
  );
  const { rows: cells } = await tx.query<{ cell: number | null; count: number }>(
    `SELECT cell, count(*)::int AS count FROM vehicle_state
      WHERE fleet_id = $1 AND last_contact > to_timestamp($2::float8 / 1000) - interval '1 day' GROUP BY cell`,
    [fleetId, from],
  );
  const { rows: alerts } = await tx.query<AlertRecord>(
    `SELECT ${COLUMNS} FROM alert WHERE fleet_id = $1 AND episode IS NOT NULL AND (kind = 'mass_silence' OR (kind = 'silent'
        AND opened_at BETWEEN to_timestamp($2::float8 / 1000) AND to_timestamp($3::float8 / 1000))) ORDER BY id FOR UPDATE`,
    span,
  );
  const known = alerts.map(alertOf);
  return {
    silent: silent.map(({ id, opened_at: openedAt, lng, lat }) => ({
      violationId: id,
      openedAt,
      ...(lng === null || lat === null ? {} : { position: [lng, lat] as const }),
    })),
    fleet: cells.reduce((sum, { count }) => sum + count, 0),
    cells: new Map(cells.flatMap(({ cell, count }) => (cell === null ? [] : [[cell, count] as const]))),
    mass: known.filter(({ kind }) => kind === 'mass_silence'),
    single: known.filter(({ kind }) => kind === 'silent'),
  };
}

/** One alert of a fleet, locked until the transaction ends, for a person's change to it. */
export async function lockAlert(tx: Queryable, fleetId: string, id: string): Promise<AlertRow | undefined> {
  const { rows } = await tx.query<AlertRecord>(
    `SELECT ${COLUMNS} FROM alert WHERE fleet_id = $1 AND id = $2 FOR UPDATE`,
    [fleetId, id],
  );
  return rows[0] && alertOf(rows[0]);
}

/** Writes whole alerts, new and changed; each id at most once. */
export async function writeAlerts(tx: Queryable, rows: readonly AlertRow[]): Promise<void> {
  // An episode that ended and began again within one batch frees its name before it takes it.
  const ended = rows.filter(({ episode }) => episode === undefined);
  const open = rows.filter(({ episode }) => episode !== undefined);
  for (const part of [ended, open]) if (part.length > 0) await tx.query(WRITE, [JSON.stringify(part)]);
}

/** Appends to the alerts' histories. */
export async function appendAlertHistory(tx: Queryable, entries: readonly AlertHistoryEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.query(
    `INSERT INTO alert_history (id, alert_id, fleet_id, revision, action, actor, at, detail)
     SELECT id, "alertId", "fleetId", revision, action, actor, to_timestamp(at / 1000.0), coalesce(detail, '{}')
     FROM json_to_recordset($1::json) AS r(id text, "alertId" text, "fleetId" text, revision int, action text, actor text, at float8, detail jsonb)
     ON CONFLICT (id) DO NOTHING`,
    [JSON.stringify(entries)],
  );
}

const WRITE = `INSERT INTO alert (id, revision, fleet_id, kind, severity, status, resolution, title, vehicle_id, zone_id, violation_ids,
    violation_revisions, count, assignee_id, opened_at, last_at, resolved_at, snoozed_until, episode)
  SELECT id, revision, "fleetId", kind, severity, status, resolution, title, "vehicleId", "zoneId", "violationIds",
    "violationRevisions", count, "assigneeId", to_timestamp("openedAt" / 1000.0), to_timestamp("lastAt" / 1000.0),
    to_timestamp("resolvedAt" / 1000.0), to_timestamp("snoozedUntil" / 1000.0), episode
  FROM json_to_recordset($1::json) AS r(id text, revision int, "fleetId" text, kind text, severity text, status text, resolution text, title text,
    "vehicleId" text, "zoneId" text, "violationIds" text[], "violationRevisions" jsonb, count int, "assigneeId" text, "openedAt" float8,
    "lastAt" float8, "resolvedAt" float8, "snoozedUntil" float8, episode text)
  ON CONFLICT (id) DO UPDATE SET revision = EXCLUDED.revision, severity = EXCLUDED.severity, status = EXCLUDED.status,
    resolution = EXCLUDED.resolution, title = EXCLUDED.title, violation_ids = EXCLUDED.violation_ids,
    violation_revisions = EXCLUDED.violation_revisions, count = EXCLUDED.count, assignee_id = EXCLUDED.assignee_id,
    opened_at = EXCLUDED.opened_at, last_at = EXCLUDED.last_at, resolved_at = EXCLUDED.resolved_at,
    snoozed_until = EXCLUDED.snoozed_until, episode = EXCLUDED.episode`;

type AlertRecord = { [Name in keyof AlertRow]: AlertRow[Name] | null };

/** NULL is absent: an alert without a zone has no `zoneId`, not an empty one. */
function alertOf(record: AlertRecord): AlertRow {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)) as unknown as AlertRow;
}
