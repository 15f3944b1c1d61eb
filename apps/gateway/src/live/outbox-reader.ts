import { CONSUMERS } from '@corral/contracts';
import type { Queryable } from '@corral/database';
import { GATEWAY_OUTBOX } from '../alerts/act-on-alert';
import type { LiveVector } from './live-cursor';

/** Whose outboxes people may follow. */
const FOLLOWED = [CONSUMERS.geofence, CONSUMERS.notification, GATEWAY_OUTBOX];

/** A row of the outbox. */
export interface OutboxEntry {
  /** `<consumer>/<partition>` */
  readonly place: string;
  readonly seq: number;
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly type: string;
  readonly payload: string;
}

/** Where all outboxes end just now. */
export async function readHead(database: Queryable): Promise<Map<string, number>> {
  const { rows } = await database.query<{ place: string; seq: number }>(
    `SELECT consumer || '/' || partition AS place, max(next_seq) - 1 AS seq FROM partition_owner WHERE consumer = ANY($1::text[])
      GROUP BY consumer, partition ORDER BY consumer, partition`,
    [FOLLOWED],
  );
  return new Map(rows.map((row) => [row.place, row.seq]));
}

/** The places in which `to` is further than `from`. */
export function placesBetween(from: LiveVector, to: LiveVector): readonly string[] {
  return [...to].filter(([place, seq]) => seq > (from.get(place) ?? 0)).map(([place]) => place);
}

/** What stands after `from` and up to `to`, in order within each place, at most `limit` of each; of one fleet if named. */
export async function readBetween(
  database: Queryable,
  from: LiveVector,
  to: LiveVector,
  options: { readonly limit: number; readonly fleetId?: string; readonly recent?: boolean },
): Promise<readonly OutboxEntry[]> {
  const places = placesBetween(from, to);
  if (places.length === 0) return [];
  // Without the day every kept day would be opened at each look.
  const recent = options.recent ? `AND o.day >= (now() AT TIME ZONE 'UTC')::date - 1` : '';
  const { rows } = await database.query<OutboxEntry>(
    `SELECT w.place, o.seq, o.fleet_id AS "fleetId", o.vehicle_id AS "vehicleId", o.type, o.payload
       FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::bigint[]) WITH ORDINALITY
            AS w (place, consumer, partition, after, upto, ordinality)
      CROSS JOIN LATERAL (
        SELECT * FROM outbox o
         WHERE o.consumer = w.consumer AND o.partition = w.partition AND o.seq > w.after AND o.seq <= w.upto ${recent}
           AND ($6::text IS NULL OR o.fleet_id = $6)
         ORDER BY o.seq LIMIT $7) o
      ORDER BY w.ordinality, o.seq`,
    [...columnsOf(places, from, to), options.fleetId ?? null, options.limit],
  );
  return rows;
}

/**
 * Whether everything after the vector is still kept: `seq` has no gaps, so the next row of each place must be there. A vector beyond the end
 * is of another life of the database.
 */
export async function isKept(database: Queryable, from: LiveVector, head: LiveVector): Promise<boolean> {
  if ([...from].some(([place, seq]) => seq > (head.get(place) ?? 0))) return false;
  const places = placesBetween(from, head);
  const { rows } = await database.query<{ kept: boolean }>(
    `SELECT coalesce(bool_and(EXISTS (
              SELECT FROM outbox o WHERE o.consumer = w.consumer AND o.partition = w.partition AND o.seq = w.after + 1)), true) AS kept
       FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::bigint[]) AS w (place, consumer, partition, after, upto)`,
    columnsOf(places, from, head),
  );
  return rows[0]?.kept ?? true;
}

function columnsOf(places: readonly string[], from: LiveVector, to: LiveVector): unknown[] {
  return [
    places,
    places.map((place) => place.split('/')[0]),
    places.map((place) => Number(place.split('/')[1])),
    places.map((place) => from.get(place) ?? 0),
    places.map((place) => to.get(place)),
  ];
}
