import type { Queryable } from '@corral/database';
import type { Fact, GeofenceEvent, Violation } from '@corral/domain';
import type { FactTables } from './fact-tables';

/**
 * Facts in `geofence_event` and `violation`, one statement each. The row alone knows its revision: a fact taken back and said again
 * counts on, so that whoever heard of it earlier knows which telling is the last. The fence sees to it that nothing is told twice.
 */
export const postgresFactTables: FactTables = { write };

async function write(tx: Queryable, told: readonly Fact[], detectedAt: number): Promise<readonly Fact[]> {
  // One row per id: the last telling stays, and the revision grows by how many there are.
  const last = new Map<string, Telling>();
  const counted = told.map((fact) => {
    const times = (last.get(fact.id)?.times ?? 0) + 1;
    last.set(fact.id, { fact, times });
    return { fact, times };
  });
  const events: Telling<GeofenceEvent>[] = [];
  const violations: Telling<Violation>[] = [];
  for (const { fact, times } of last.values()) {
    if (fact.type === 'geofence_event') events.push({ fact, times });
    else violations.push({ fact, times });
  }
  const kept = [
    ...(events.length > 0 ? await writeEvents(tx, events, detectedAt) : []),
    ...(violations.length > 0 ? await writeViolations(tx, violations, detectedAt) : []),
  ];
  const revisions = new Map(kept.map(({ id, revision }) => [id, revision]));
  return counted.map(({ fact, times }) => ({
    ...fact,
    revision: revisions.get(fact.id)! - last.get(fact.id)!.times + times,
  }));
}

/** A fact, and how often it was told so far in this flush. */
interface Telling<Told extends Fact = Fact> {
  readonly fact: Told;
  readonly times: number;
}

/** A row as it is now. */
interface KeptRow {
  readonly id: string;
  readonly revision: number;
}

async function writeEvents(
  tx: Queryable,
  tellings: readonly Telling<GeofenceEvent>[],
  detectedAt: number,
): Promise<readonly KeptRow[]> {
  const events = tellings.map(({ fact }) => fact);
  const { rows } = await tx.query<{ id: string; revision: number }>(
    `INSERT INTO geofence_event AS e (id, revision, retracted, fleet_id, vehicle_id, zone_id, zone_set_version, kind, cause, certainty, late,
            at, detected_at, lng, lat, distance_to_edge_m, confidence, replaces, replaced_by, entered_at, exited_at)
     SELECT id, revision, retracted, fleet_id, vehicle_id, zone_id, zone_set_version, kind, cause, certainty, late,
            to_timestamp(at / 1000.0), to_timestamp($18::float8 / 1000.0), lng, lat, distance_to_edge_m, confidence, replaces, replaced_by,
            to_timestamp(entered_at / 1000.0), to_timestamp(exited_at / 1000.0)
       FROM unnest($1::text[], $2::int[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[],
                   $10::text[], $11::boolean[], $12::float8[], $13::float8[], $14::float8[], $15::float8[], $16::float8[],
                   $17::text[], $19::text[], $20::float8[], $21::float8[])
         AS r (id, revision, retracted, fleet_id, vehicle_id, zone_id, zone_set_version, kind, cause, certainty, late, at, lng, lat,
               distance_to_edge_m, confidence, replaces, replaced_by, entered_at, exited_at)
      ORDER BY id
     ON CONFLICT (id) DO UPDATE SET revision = e.revision + excluded.revision, retracted = excluded.retracted,
       zone_set_version = excluded.zone_set_version, certainty = excluded.certainty,
       late = CASE WHEN excluded.retracted THEN e.late ELSE excluded.late END,
       lng = excluded.lng, lat = excluded.lat, distance_to_edge_m = excluded.distance_to_edge_m, confidence = excluded.confidence,
       replaces = coalesce(excluded.replaces, e.replaces), replaced_by = excluded.replaced_by,
       entered_at = excluded.entered_at, exited_at = excluded.exited_at
     RETURNING id, revision`,
    [
      events.map((event) => event.id),
      tellings.map(({ times }) => times),
      events.map((event) => event.retracted),
      events.map((event) => event.fleetId),
      events.map((event) => event.vehicleId),
      events.map((event) => event.zoneId),
      events.map((event) => event.zoneSetVersion),
      events.map((event) => event.kind),
      events.map((event) => event.cause),
      events.map((event) => event.certainty),
      events.map((event) => event.late),
      events.map((event) => event.at),
      events.map((event) => event.position[0]),
      events.map((event) => event.position[1]),
      events.map((event) => event.distanceToEdgeM),
      events.map((event) => event.confidence),
      events.map((event) => event.replaces ?? null),
      detectedAt,
      events.map((event) => event.replacedBy ?? null),
      events.map((event) => event.enteredAt ?? null),
      events.map((event) => event.exitedAt ?? null),
    ],
  );
  return rows;
}

async function writeViolations(
  tx: Queryable,
  tellings: readonly Telling<Violation>[],
  detectedAt: number,
): Promise<readonly KeptRow[]> {
  const violations = tellings.map(({ fact }) => fact);
  const { rows } = await tx.query<{ id: string; revision: number }>(
    `INSERT INTO violation AS v (id, revision, retracted, fleet_id, vehicle_id, zone_id, zone_set_version, kind, rule_name, rule_from, status,
            opened_at, closed_at, detected_at, trip_id, lng, lat, observed, limit_value)
     SELECT id, revision, retracted, fleet_id, vehicle_id, zone_id, zone_set_version, kind, rule_name, rule_from, status,
            to_timestamp(opened_at / 1000.0), to_timestamp(closed_at / 1000.0), to_timestamp($18::float8 / 1000.0), trip_id, lng, lat,
            observed, limit_value
       FROM unnest($1::text[], $2::int[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[],
                   $10::text[], $11::text[], $12::float8[], $13::float8[], $14::text[], $15::float8[], $16::float8[], $17::float8[],
                   $19::float8[])
         AS r (id, revision, retracted, fleet_id, vehicle_id, zone_id, zone_set_version, kind, rule_name, rule_from, status, opened_at,
               closed_at, trip_id, lng, lat, observed, limit_value)
      ORDER BY id
     ON CONFLICT (id) DO UPDATE SET revision = v.revision + excluded.revision, retracted = excluded.retracted,
       zone_set_version = excluded.zone_set_version, rule_name = excluded.rule_name, rule_from = excluded.rule_from,
       status = excluded.status, closed_at = excluded.closed_at, trip_id = excluded.trip_id, lng = excluded.lng, lat = excluded.lat,
       observed = excluded.observed, limit_value = excluded.limit_value
     RETURNING id, revision`,
    [
      violations.map((violation) => violation.id),
      tellings.map(({ times }) => times),
      violations.map((violation) => violation.retracted),
      violations.map((violation) => violation.fleetId),
      violations.map((violation) => violation.vehicleId),
      violations.map((violation) => violation.zoneId ?? null),
      violations.map((violation) => violation.zoneSetVersion),
      violations.map((violation) => violation.kind),
      violations.map((violation) => violation.rule.name),
      violations.map((violation) => violation.rule.from),
      violations.map((violation) => violation.status),
      violations.map((violation) => violation.openedAt),
      violations.map((violation) => violation.closedAt ?? null),
      violations.map((violation) => violation.tripId ?? null),
      violations.map((violation) => violation.position?.[0] ?? null),
      violations.map((violation) => violation.position?.[1] ?? null),
      violations.map((violation) => violation.observed ?? null),
      detectedAt,
      violations.map((violation) => violation.limit ?? null),
    ],
  );
  return rows;
}
