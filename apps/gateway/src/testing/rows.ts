import { encodeEvent } from '@corral/contracts';
import { ensureDay, msToTimestamp, type Database } from '@corral/database';
import { NOW } from './gateway-under-test';

/** What other services write, as their rows: the gateway only reads them. */

/** A vehicle as evaluation knows it. */
export async function aVehicleState(
  database: Database,
  given: {
    fleetId: string;
    vehicleId: string;
    lng?: number;
    lat?: number;
    at?: number;
    receivedAt?: number;
    state?: string;
    zones?: readonly { zoneId: string; since: number }[];
    typeMissing?: boolean;
    batteryPercent?: number;
    vehicleTypeId?: string;
  },
): Promise<void> {
  const { fleetId, vehicleId, lng, lat, at = NOW, receivedAt = at, state, zones = [], typeMissing = false } = given;
  const cell =
    lng === undefined || lat === undefined
      ? null
      : Math.floor((lat + 90) * 100) * 36_000 + Math.floor((lng + 180) * 100);
  await database.query(
    `INSERT INTO vehicle_state (fleet_id, vehicle_id, partition, cell, zones, zones_since, lng, lat, at, received_at, state,
            vehicle_type_missing, battery_percent, vehicle_type_id, memory)
     VALUES ($1, $2, 0, $3, $4, $5::jsonb, $6, $7, ${msToTimestamp('$8')}, ${msToTimestamp('$9')}, $10, $11, $12, $13, '')
     ON CONFLICT (fleet_id, vehicle_id) DO UPDATE SET cell = excluded.cell, lng = excluded.lng, lat = excluded.lat, at = excluded.at,
       received_at = excluded.received_at, state = excluded.state`,
    [
      fleetId,
      vehicleId,
      cell,
      zones.map((zone) => zone.zoneId),
      JSON.stringify(zones),
      lng ?? null,
      lat ?? null,
      at,
      receivedAt,
      state ?? null,
      typeMissing,
      given.batteryPercent ?? null,
      given.vehicleTypeId ?? null,
    ],
  );
}

/** A recorded report. */
export async function aTrackPoint(
  database: Database,
  given: {
    fleetId: string;
    vehicleId: string;
    measuredAt: number;
    lng?: number;
    lat?: number;
    state?: string;
    altitudeM?: number;
    tripId?: string;
  },
): Promise<void> {
  const {
    fleetId,
    vehicleId,
    measuredAt,
    lng = null,
    lat = null,
    state = null,
    altitudeM = null,
    tripId = null,
  } = given;
  const day = new Date(measuredAt).toISOString().slice(0, 10);
  await ensureDay(database, 'track', day);
  await database.query(
    `INSERT INTO track (day, fleet_id, vehicle_id, measured_at, at, received_at, source, flags, lng, lat, state, altitude_m, trip_id)
     VALUES ($1::date, $2, $3, ${msToTimestamp('$4')}, ${msToTimestamp('$4')}, ${msToTimestamp('$4')}, 'device', '{}', $5, $6, $7, $8, $9)`,
    [day, fleetId, vehicleId, measuredAt, lng, lat, state, altitudeM, tripId],
  );
}

/** A geofence event. */
export async function aGeofenceEvent(
  database: Database,
  given: {
    id: string;
    fleetId: string;
    vehicleId?: string;
    zoneId?: string;
    kind?: string;
    at?: number;
    retracted?: boolean;
  },
): Promise<void> {
  const { id, fleetId, vehicleId = 'bike-1', zoneId = 'centre', kind = 'entered', at = NOW, retracted = false } = given;
  await database.query(
    `INSERT INTO geofence_event (id, revision, retracted, fleet_id, vehicle_id, zone_id, zone_set_version, kind, cause, certainty, late, at,
            detected_at, lng, lat, distance_to_edge_m, confidence)
     VALUES ($1, $2, $3, $4, $5, $6, 1, $7, 'moved', 'certain', false, ${msToTimestamp('$8')}, ${msToTimestamp('$8')}, 4.9, 52.3, 12.5, 1)`,
    [id, retracted ? 2 : 1, retracted, fleetId, vehicleId, zoneId, kind, at],
  );
}

/** A violation. */
export async function aViolation(
  database: Database,
  given: {
    id: string;
    fleetId: string;
    vehicleId?: string;
    zoneId?: string | null;
    kind?: string;
    status?: string;
    openedAt?: number;
    retracted?: boolean;
  },
): Promise<void> {
  const {
    id,
    fleetId,
    vehicleId = 'bike-1',
    zoneId = 'centre',
    kind = 'speeding',
    status = 'open',
    openedAt = NOW,
    retracted = false,
  } = given;
  await database.query(
    `INSERT INTO violation (id, revision, retracted, fleet_id, vehicle_id, zone_id, zone_set_version, kind, rule_name, rule_from, status,
            opened_at, closed_at, detected_at, observed, limit_value)
     VALUES ($1, 1, $2, $3, $4, $5, 1, $6, 'maximumSpeedKph', coalesce($5, 'global'), $7, ${msToTimestamp('$8')},
             CASE WHEN $7 = 'closed' THEN ${msToTimestamp('$8')} END, ${msToTimestamp('$8')}, 21.5, 12)`,
    [id, retracted, fleetId, vehicleId, zoneId, kind, status, openedAt],
  );
}

/** What a consumer decided, as the fence lets it into its outbox. Answers its `seq`. */
export async function anOutboxEntry(
  database: Database,
  given: {
    consumer: 'geofence' | 'notification';
    partition?: number;
    fleetId: string;
    vehicleId?: string;
    type: string;
    id: string;
    data?: object;
    day?: string;
  },
): Promise<number> {
  const { consumer, partition = 0, fleetId, vehicleId = 'bike-1', type, id } = given;
  const day = given.day ?? new Date().toISOString().slice(0, 10);
  await ensureDay(database, 'outbox', day);
  return await database.transaction(async (tx) => {
    const { rows } = await tx.query<{ seq: number }>(
      `INSERT INTO partition_owner (consumer, topic, partition, epoch, next_offset, next_seq, cluster_id, watermark)
       VALUES ($1, 'corral.heartbeats.v1', $2, 1, 7, 2, 'test', ${msToTimestamp('$3')})
       ON CONFLICT (consumer, topic, partition) DO UPDATE SET next_seq = partition_owner.next_seq + 1 RETURNING next_seq - 1 AS seq`,
      [consumer, partition, NOW],
    );
    const seq = rows[0]!.seq;
    const data = { id, revision: 1, fleetId, vehicleId, at: NOW, detectedAt: NOW, ...given.data };
    await tx.query(
      `INSERT INTO outbox (consumer, day, partition, seq, fleet_id, vehicle_id, type, id, revision, payload)
       VALUES ($1, $2::date, $3, $4, $5, $6, $7, $8, 1, $9)`,
      [
        consumer,
        day,
        partition,
        seq,
        fleetId,
        vehicleId,
        type,
        id,
        encodeEvent({ type, fleetId, partition, seq, data }).toString(),
      ],
    );
    return seq;
  });
}
