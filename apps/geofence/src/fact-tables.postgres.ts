import type { Queryable } from '@corral/database';
import type { Fact, GeofenceEvent, Violation } from '@corral/domain';
import type { FactTables } from './fact-tables';

/** Facts in `geofence_event` and `violation`, one statement each. */
export const postgresFactTables: FactTables = { write };

async function write(tx: Queryable, facts: readonly Fact[], detectedAt: number): Promise<void> {
  const latest = new Map(facts.map((fact) => [fact.id, fact])); // an id opened and closed in one flush: one row
  const events: GeofenceEvent[] = [];
  const violations: Violation[] = [];
  for (const fact of latest.values()) {
    if (fact.type === 'geofence_event') events.push(fact);
    else violations.push(fact);
  }
  if (events.length > 0) await writeEvents(tx, events, detectedAt);
  if (violations.length > 0) await writeViolations(tx, violations, detectedAt);
}

async function writeEvents(tx: Queryable, events: readonly GeofenceEvent[], detectedAt: number): Promise<void> {
  await tx.query(
    `INSERT INTO geofence_event AS e (id, revision, retracted, fleet_id, vehicle_id, zone_id, zone_set_version, kind, cause, certainty, late,
            at, detected_at, lng, lat, distance_to_edge_m, confidence, replaces, replaced_by)
     SELECT id, revision, retracted, fleet_id, vehicle_id, zone_id, zone_set_version, kind, cause, certainty, late,
            to_timestamp(at / 1000.0), to_timestamp($18::float8 / 1000.0), lng, lat, distance_to_edge_m, confidence, replaces, replaced_by
       FROM unnest($1::text[], $2::int[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::text[],
                   $10::text[], $11::boolean[], $12::float8[], $13::float8[], $14::float8[], $15::float8[], $16::float8[],
                   $17::text[], $19::text[])
         AS r (id, revision, retracted, fleet_id, vehicle_id, zone_id, zone_set_version, kind, cause, certainty, late, at, lng, lat,
               distance_to_edge_m, confidence, replaces, replaced_by)
      ORDER BY id
     ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, retracted = excluded.retracted, replaced_by = excluded.replaced_by
      WHERE e.revision < excluded.revision`,
    [
      events.map((event) => event.id),
      events.map((event) => event.revision),
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
    ],
  );
}

async function writeViolations(tx: Queryable, violations: readonly Violation[], detectedAt: number): Promise<void> {
  await tx.query(
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
     ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, retracted = excluded.retracted, status = excluded.status,
       closed_at = excluded.closed_at
      WHERE v.revision < excluded.revision`,
    [
      violations.map((violation) => violation.id),
      violations.map((violation) => violation.revision),
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
}
