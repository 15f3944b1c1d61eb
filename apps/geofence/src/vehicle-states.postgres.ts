import { vehicleKey } from '@corral/contracts';
import {
  elementsOf,
  gatherRows,
  msToTimestamp,
  unnestRows,
  type Columns,
  type GatheredRows,
  type Queryable,
  type UnnestedRows,
} from '@corral/database';
import { decodeMemory, encodeForNow, placeCell, vehicleView, type VehicleView } from '@corral/domain';
import { memoriesByClaim, type MemoriesByClaim } from './memories-by-claim';
import {
  CATCHING_UP,
  type DueVehicles,
  type PartitionTime,
  type RememberedVehicle,
  type Sweep,
  type VehicleStateRow,
  type VehicleStates,
} from './vehicle-states';

/**
 * For the memories of all partitions together; a process that owns a part of them takes that part of it. Enough for 28,000 vehicles that report every
 * second or two, or for 49,000 that report every five.
 */
const KEPT_BYTES = 64 * 1_048_576;

/**
 * States in `vehicle_state`: one statement to read what is not known under the claim yet, one to write. `partitions`: how many the log has,
 * for they share the room for what is known.
 */
export function postgresVehicleStates(partitions: number): VehicleStates {
  const kept = memoriesByClaim(KEPT_BYTES / partitions);
  const saved = new WeakMap<Queryable, Batch[]>();
  /** Of transactions that are over: thousands of rows take megabytes, and a consumer has two of them at once all the time. */
  const unused: Batch[] = [];
  return {
    async load(tx, vehicles) {
      const memories = new Map<string, Uint8Array>();
      const unknown = vehicles.filter(({ fleetId, vehicleId, claim }) => {
        const key = vehicleKey(fleetId, vehicleId);
        const memory = claim && kept.get(claim, key);
        if (memory) memories.set(key, memory);
        return memory === undefined;
      });
      if (unknown.length > 0) await read(tx, unknown, memories);
      return memories;
    },
    async save(tx, rows) {
      // In turns, or the buffers of one that is not used would never shrink.
      const batch = unused.shift() ?? { known: createPart(), others: createPart(), looks: gatherRows(lookColumns) };
      const { known, others, looks } = batch;
      saved.set(tx, [...(saved.get(tx) ?? []), batch]);
      for (const row of rows) {
        const part = row.known ? known : others;
        part.rows.add({ row, view: vehicleView(row.memory), memory: encodeForNow(row.memory) });
        part.claims.push(row.claim);
        part.keys.push(vehicleKey(row.fleetId, row.vehicleId));
        if (lookAt(row) !== row.lookedAt) looks.add(row);
      }
      if (known.rows.count > 0) await update(tx, known.rows.unnest(), known.rows.count);
      if (others.rows.count > 0) await upsert(tx, others.rows.unnest());
      if (looks.count > 0) await saveLooks(tx, looks.unnest());
    },
    committed(tx) {
      for (const batch of saved.get(tx) ?? []) {
        for (const part of [batch.known, batch.others]) {
          remember(part, kept);
          part.rows.clear();
          part.claims.length = part.keys.length = 0;
        }
        batch.looks.clear();
        if (unused.length < 2) unused.push(batch);
      }
      saved.delete(tx);
    },
    partitionsDue,
    fleetsIn,
    loadDue,
  };
}

async function read(
  tx: Queryable,
  vehicles: readonly { fleetId: string; vehicleId: string }[],
  into: Map<string, Uint8Array>,
): Promise<void> {
  const wanted = unnestRows(vehicles, {
    fleet_id: ['text', ({ fleetId }) => fleetId],
    vehicle_id: ['text', ({ vehicleId }) => vehicleId],
  });
  const { rows } = await tx.query<StateRow>(
    `SELECT s.fleet_id, s.vehicle_id, s.memory FROM ${wanted.from} JOIN vehicle_state s USING (fleet_id, vehicle_id)`,
    wanted.values,
  );
  for (const row of rows) into.set(vehicleKey(row.fleet_id, row.vehicle_id), row.memory);
}

/** A row that is there is updated, which takes less of PostgreSQL than an insert that finds it in its way: no lock on it first. */
async function update(tx: Queryable, given: UnnestedRows, count: number): Promise<void> {
  const { rowCount } = await tx.query(
    `UPDATE vehicle_state AS s SET ${SET} FROM (SELECT ${given.select} FROM ${given.from}) AS n (${given.columns})
      WHERE s.fleet_id = n.fleet_id AND s.vehicle_id = n.vehicle_id`,
    given.values,
  );
  // Somebody has deleted some of them since.
  if (rowCount < count) await upsert(tx, given);
}

async function upsert(tx: Queryable, given: UnnestedRows): Promise<void> {
  await tx.query(
    `INSERT INTO vehicle_state AS s (${given.columns}) SELECT n.* FROM (SELECT ${given.select} FROM ${given.from}) AS n (${given.columns}) ORDER BY 1, 2
     ON CONFLICT (fleet_id, vehicle_id) DO UPDATE SET ${SET.replaceAll('n.', 'excluded.')}`,
    given.values,
  );
}

/** The rows of one transaction, as they are sent. */
interface Batch {
  readonly known: Part;
  readonly others: Part;
  readonly looks: GatheredRows<VehicleStateRow>;
}

/** Rows of one statement, and of each under which claim and by which key its memory is known once it is committed. */
interface Part {
  readonly rows: GatheredRows<SavedRow>;
  readonly claims: (object | undefined)[];
  readonly keys: string[];
}

function createPart(): Part {
  return { rows: gatherRows(columns), claims: [], keys: [] };
}

function remember({ rows, claims, keys }: Part, kept: MemoriesByClaim): void {
  let next = 0;
  try {
    for (const memory of elementsOf(rows.unnest().values[MEMORY] as Buffer)) {
      const claim = claims[next];
      if (claim) kept.set(claim, keys[next]!, memory);
      next += 1;
    }
  } catch (error) {
    // No memory for it, say. What stands there would be taken for what is committed.
    for (const claim of claims) if (claim) kept.forget(claim);
    throw error;
  }
}

interface SavedRow {
  readonly row: VehicleStateRow;
  readonly view: VehicleView;
  /** As it is stored. */
  readonly memory: Uint8Array;
}

const columns: Columns<SavedRow> = {
  fleet_id: ['text', ({ row }) => row.fleetId],
  vehicle_id: ['text', ({ row }) => row.vehicleId],
  partition: ['int', ({ row }) => row.partition],
  cell: ['int', ({ view }) => view.position && placeCell(view.position)],
  zones: ['text[]', ({ view }) => view.zones.map(({ zoneId }) => zoneId)],
  zones_since: ['jsonb', ({ view }) => view.zones],
  schedule_revision: ['bigint', ({ row }) => row.scheduleRevision],
  last_contact: ['timestamptz', ({ view }) => view.contactAt],
  lng: ['float8', ({ view }) => view.position?.[0]],
  lat: ['float8', ({ view }) => view.position?.[1]],
  at: ['timestamptz', ({ view }) => view.at],
  received_at: ['timestamptz', ({ view }) => view.receivedAt],
  accuracy_m: ['float8', ({ view }) => view.accuracyM],
  speed_mps: ['float8', ({ view }) => view.speedMps],
  heading_deg: ['float8', ({ view }) => view.headingDeg],
  battery_percent: ['float8', ({ view }) => view.batteryPercent],
  state: ['text', ({ view }) => view.state],
  trip_id: ['text', ({ view }) => view.tripId],
  vehicle_type_id: ['text', ({ view }) => view.vehicleTypeId],
  vehicle_type_missing: ['boolean', ({ view }) => view.vehicleTypeMissing],
  anomaly: ['text', ({ view }) => view.anomaly],
  memory: ['bytea', ({ memory }) => memory],
  decided_to: ['timestamptz', ({ row, view }) => row.givenUpTo ?? view.decidedTo],
};
const MEMORY = Object.keys(columns).indexOf('memory');
/** Of the columns that are no key, each from a row called `n`. */
const SET = Object.keys(columns)
  .filter((column) => column !== 'fleet_id' && column !== 'vehicle_id')
  .map((column) => `${column} = n.${column}`)
  .join(', ');

const lookColumns: Columns<VehicleStateRow> = {
  fleet_id: ['text', (row) => row.fleetId],
  vehicle_id: ['text', (row) => row.vehicleId],
  partition: ['int', (row) => row.partition],
  look_at: ['timestamptz', lookAt],
};

function lookAt({ givenUpTo, memory }: VehicleStateRow): number | undefined {
  return givenUpTo === undefined ? memory.lookAt : undefined;
}

/** Only where the time to look moved: never with every heartbeat. */
async function saveLooks(tx: Queryable, given: UnnestedRows): Promise<void> {
  await tx.query(
    `INSERT INTO vehicle_look (${given.columns}) SELECT ${given.select} FROM ${given.from} ORDER BY 1, 2
     ON CONFLICT (fleet_id, vehicle_id) DO UPDATE SET partition = excluded.partition, look_at = excluded.look_at`,
    given.values,
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
  return `s.last_contact > ${msToTimestamp(`(${watermark} - ${heardWithinMs})`)} AND s.at < s.received_at - interval '${behindMs} milliseconds'`;
}

interface StateRow {
  readonly fleet_id: string;
  readonly vehicle_id: string;
  readonly memory: Buffer;
}
