import { vehicleKey } from '@corral/contracts';
import { msToTimestamp, type Queryable } from '@corral/database';
import { decodeMemory, encodeMemory, placeCell, vehicleView, type VehicleMemory } from '@corral/domain';
import {
  CATCHING_UP,
  type DueVehicles,
  type PartitionTime,
  type RememberedVehicle,
  type Sweep,
  type VehicleStateRow,
  type VehicleStates,
} from './vehicle-states';

/** States in `vehicle_state`: one statement to read, one to write, rows in id order so that two owners cannot deadlock. */
export const postgresVehicleStates: VehicleStates = { load, save, partitionsDue, fleetsIn, loadDue };

async function load(
  tx: Queryable,
  vehicles: readonly { fleetId: string; vehicleId: string }[],
): Promise<ReadonlyMap<string, VehicleMemory>> {
  const { rows } = await tx.query<{ fleet_id: string; vehicle_id: string; memory: Buffer }>(
    `SELECT s.fleet_id, s.vehicle_id, s.memory
       FROM unnest($1::text[], $2::text[]) AS wanted (fleet_id, vehicle_id)
       JOIN vehicle_state s USING (fleet_id, vehicle_id)`,
    [vehicles.map((vehicle) => vehicle.fleetId), vehicles.map((vehicle) => vehicle.vehicleId)],
  );
  return new Map(rows.map((row) => [vehicleKey(row.fleet_id, row.vehicle_id), decodeMemory(row.memory)]));
}

async function save(tx: Queryable, rows: readonly VehicleStateRow[]): Promise<void> {
  if (rows.length === 0) return;
  const views = rows.map((row) => ({ row, view: vehicleView(row.memory) }));
  const column = <Value>(pick: (entry: (typeof views)[number]) => Value): Value[] => views.map(pick);
  await tx.query(
    `INSERT INTO vehicle_state AS s (fleet_id, vehicle_id, partition, cell, zones, zones_since, schedule_revision, last_contact, lng, lat, at,
            received_at, accuracy_m, speed_mps, heading_deg, battery_percent, state, trip_id, vehicle_type_id, vehicle_type_missing, anomaly, memory,
            decided_to)
     SELECT fleet_id, vehicle_id, partition, cell, ARRAY(SELECT jsonb_array_elements(zones) ->> 'zoneId'), zones, schedule_revision,
            to_timestamp(contact_at / 1000.0), lng, lat, to_timestamp(at / 1000.0), to_timestamp(received_at / 1000.0), accuracy_m,
            speed_mps, heading_deg, battery_percent, state, trip_id, vehicle_type_id, vehicle_type_missing, anomaly, memory,
            to_timestamp(decided_to / 1000.0)
       FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::jsonb[], $6::bigint[], $7::float8[], $8::float8[], $9::float8[],
                   $10::float8[], $11::float8[], $12::float8[], $13::float8[], $14::float8[], $15::text[], $16::text[], $17::text[],
                   $18::boolean[], $19::text[], $20::bytea[], $21::float8[], $22::float8[])
         AS r (fleet_id, vehicle_id, partition, cell, zones, schedule_revision, lng, lat, at, received_at, accuracy_m, speed_mps,
               heading_deg, battery_percent, state, trip_id, vehicle_type_id, vehicle_type_missing, anomaly, memory, decided_to,
               contact_at)
      ORDER BY fleet_id, vehicle_id
     ON CONFLICT (fleet_id, vehicle_id) DO UPDATE SET
       partition = excluded.partition, cell = excluded.cell, zones = excluded.zones, zones_since = excluded.zones_since,
       schedule_revision = excluded.schedule_revision, last_contact = excluded.last_contact, lng = excluded.lng, lat = excluded.lat,
       at = excluded.at, received_at = excluded.received_at, accuracy_m = excluded.accuracy_m, speed_mps = excluded.speed_mps,
       heading_deg = excluded.heading_deg, battery_percent = excluded.battery_percent, state = excluded.state,
       trip_id = excluded.trip_id, vehicle_type_id = excluded.vehicle_type_id,
       vehicle_type_missing = excluded.vehicle_type_missing, anomaly = excluded.anomaly, memory = excluded.memory,
       decided_to = excluded.decided_to`,
    [
      column(({ row }) => row.fleetId),
      column(({ row }) => row.vehicleId),
      column(({ row }) => row.partition),
      column(({ view }) => (view.position === undefined ? null : placeCell(view.position))),
      column(({ view }) => JSON.stringify(view.zones)),
      column(({ row }) => row.scheduleRevision),
      column(({ view }) => view.position?.[0] ?? null),
      column(({ view }) => view.position?.[1] ?? null),
      column(({ view }) => view.at ?? null),
      column(({ view }) => view.receivedAt ?? null),
      column(({ view }) => view.accuracyM ?? null),
      column(({ view }) => view.speedMps ?? null),
      column(({ view }) => view.headingDeg ?? null),
      column(({ view }) => view.batteryPercent ?? null),
      column(({ view }) => view.state ?? null),
      column(({ view }) => view.tripId ?? null),
      column(({ view }) => view.vehicleTypeId ?? null),
      column(({ view }) => view.vehicleTypeMissing),
      column(({ view }) => view.anomaly ?? null),
      column(({ row }) => Buffer.from(encodeMemory(row.memory))),
      column(({ row, view }) => row.givenUpTo ?? view.decidedTo ?? null),
      column(({ view }) => view.contactAt),
    ],
  );
  await saveLooks(tx, rows);
}

/** Only where the time to look moved: never with every heartbeat. */
async function saveLooks(tx: Queryable, rows: readonly VehicleStateRow[]): Promise<void> {
  const lookAt = ({ givenUpTo, memory }: VehicleStateRow) => (givenUpTo === undefined ? memory.lookAt : undefined);
  const moved = rows.filter((row) => lookAt(row) !== row.lookedAt);
  if (moved.length === 0) return;
  await tx.query(
    `INSERT INTO vehicle_look (fleet_id, vehicle_id, partition, look_at)
     SELECT fleet_id, vehicle_id, partition, ${msToTimestamp('look_at')}
       FROM unnest($1::text[], $2::text[], $3::int[], $4::float8[]) AS r (fleet_id, vehicle_id, partition, look_at)
      ORDER BY fleet_id, vehicle_id
     ON CONFLICT (fleet_id, vehicle_id) DO UPDATE SET partition = excluded.partition, look_at = excluded.look_at`,
    [
      moved.map((row) => row.fleetId),
      moved.map((row) => row.vehicleId),
      moved.map((row) => row.partition),
      moved.map((row) => lookAt(row) ?? null),
    ],
  );
}

async function partitionsDue(queryable: Queryable, places: readonly PartitionTime[]): Promise<readonly number[]> {
  const { rows } = await queryable.query<{ partition: number }>(
    `SELECT p.partition FROM unnest($1::int[], $2::float8[]) AS p (partition, watermark)
      WHERE EXISTS (SELECT FROM vehicle_look l WHERE l.partition = p.partition AND l.look_at <= ${msToTimestamp('p.watermark')})`,
    [places.map(({ partition }) => partition), places.map(({ watermark }) => watermark)],
  );
  return rows.map(({ partition }) => partition);
}

async function fleetsIn(queryable: Queryable, partitions: readonly number[]): Promise<readonly string[]> {
  const { rows } = await queryable.query<{ fleet_id: string }>(
    `SELECT f.fleet_id FROM (SELECT DISTINCT fleet_id FROM zone_schedule) AS f
      WHERE EXISTS (SELECT FROM vehicle_state s WHERE s.fleet_id = f.fleet_id AND s.partition = ANY($1::int[])) ORDER BY 1`,
    [partitions],
  );
  return rows.map((row) => row.fleet_id);
}

async function loadDue(
  tx: Queryable,
  { partition, watermark }: PartitionTime,
  { sweeps, limit }: { readonly sweeps: readonly Sweep[]; readonly limit: number },
): Promise<DueVehicles> {
  const looked = await tx.query<StateRow>(
    `SELECT s.fleet_id, s.vehicle_id, s.memory
       FROM vehicle_look l JOIN vehicle_state s USING (fleet_id, vehicle_id)
      WHERE l.partition = $1 AND l.look_at <= ${msToTimestamp('$2::float8')} AND (${catchesUp('$2::float8')}) IS NOT TRUE
      ORDER BY l.look_at LIMIT $3`,
    [partition, watermark, limit],
  );
  const unswept = (columns: string, which: 'TRUE' | 'NOT TRUE', most: number) =>
    tx.query<StateRow>(
      `SELECT ${columns}
         FROM unnest($2::text[], $3::bigint[], $4::float8[]) AS w (fleet_id, revision, changed_at)
         JOIN vehicle_state s ON s.partition = $1 AND s.fleet_id = w.fleet_id
          AND (s.schedule_revision <> w.revision OR GREATEST(s.at, s.decided_to) < ${msToTimestamp('w.changed_at')})
          AND (${catchesUp('$6::float8')}) IS ${which} LIMIT $5`,
      [
        partition,
        sweeps.map(({ fleetId }) => fleetId),
        sweeps.map(({ revision }) => revision),
        sweeps.map(({ changedAt }) => changedAt ?? null),
        ...[most, watermark],
      ],
    );
  const swept = await unswept('s.fleet_id, s.vehicle_id, s.memory', 'NOT TRUE', limit);
  const { rowCount: leftOut } = await unswept('1', 'TRUE', 1);
  const vehicles = new Map<string, RememberedVehicle>();
  for (const { fleet_id: fleetId, vehicle_id: vehicleId, memory } of [...looked.rows, ...swept.rows])
    vehicles.set(vehicleKey(fleetId, vehicleId), { fleetId, vehicleId, memory: decodeMemory(memory) });
  return {
    vehicles: [...vehicles.values()],
    more: looked.rows.length >= limit || swept.rows.length >= limit,
    later: leftOut > 0,
  };
}

/** See {@link CATCHING_UP}; of a `vehicle_state s`. */
function catchesUp(watermark: string): string {
  const { heardWithinMs, behindMs } = CATCHING_UP;
  return `s.last_contact > ${msToTimestamp(`(${watermark} - ${heardWithinMs})`)} AND s.at < s.last_contact - interval '${behindMs} milliseconds'`;
}

interface StateRow {
  readonly fleet_id: string;
  readonly vehicle_id: string;
  readonly memory: Buffer;
}
