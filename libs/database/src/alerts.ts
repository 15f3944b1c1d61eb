import type { AlertEpisode } from '@corral/domain';
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
