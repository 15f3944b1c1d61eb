import { CONSUMERS, decodeHeartbeatRecord, HEARTBEATS_TOPIC, vehicleKey } from '@corral/contracts';
import { partitionOf } from '@corral/messaging';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RelFolder } from '../rel-folder';
import { findLost, type Acknowledged, type Found, type LostReport } from './lost';
import { readPartition, readProgress } from './read-log';
import type { Evidence } from './open-evidence';
import type { PlantedFaults } from './planted-faults';

/** The fleet that a rig's key belongs to. */
const FLEET = 'default';

/** `rel check lost`: every acknowledged heartbeat against the topic and the track of a rig, one partition after the other, so that no more than one is held in memory. */
export async function checkLost(
  folder: RelFolder,
  evidence: Evidence,
  { signal, planted }: { readonly signal: AbortSignal; readonly planted?: PlantedFaults },
): Promise<LostReport> {
  const progress = (await readProgress(evidence)).filter(({ consumer }) => consumer === CONSUMERS.history);
  const deadLetters = await readDeadLetters(evidence);
  const { KAFKA_DATA: kafkaData } = evidence.env;
  const partitions = partitionsOfVehicles(evidence.log.partitions);
  const found: LostReport[] = [];
  for (let partition = 0; partition < evidence.log.partitions; partition += 1) {
    const reports = await readReports(evidence, partition, signal);
    const topic = planted?.reports(reports) ?? reports;
    const acks = await readAcks(folder, (vehicleId) => partitions(vehicleId) === partition);
    const track = await readTrack(evidence, [...new Set(acks.map(({ vehicleId }) => vehicleId))]);
    found.push(
      findLost(acks, {
        topic,
        isInTrack: (item) => track.get(item.vehicleId)?.get(item.measuredAt) === placeOf(item.lng, item.lat),
        historyNextOffset: (which) => progress.find((one) => one.partition === which)?.nextOffset ?? 0,
        isDeadLetter: (which, offset) => deadLetters.has(`${which}/${offset}`),
        partitionOf: partitions,
        isInSegment: kafkaData === undefined ? undefined : (item, which) => isInSegment(kafkaData, item, which),
      }),
    );
  }
  const sum = (of: (report: LostReport) => number) => found.reduce((total, report) => total + of(report), 0);
  return {
    acknowledged: sum((report) => report.acknowledged),
    inTopic: sum((report) => report.inTopic),
    copies: sum((report) => report.copies),
    lost: found.flatMap((report) => report.lost),
  };
}

/** In which partition the records of a vehicle are; asked once for each. */
function partitionsOfVehicles(partitions: number): (vehicleId: string) => number {
  const known = new Map<string, number>();
  return (vehicleId) => {
    const found = known.get(vehicleId) ?? partitionOf(vehicleKey(FLEET, vehicleId), partitions);
    known.set(vehicleId, found);
    return found;
  };
}

async function readReports(evidence: Evidence, partition: number, signal: AbortSignal): Promise<readonly Found[]> {
  const found: Found[] = [];
  for await (const record of readPartition(evidence, HEARTBEATS_TOPIC, partition, signal)) {
    const read = decodeHeartbeatRecord(record.value);
    if (read.kind !== 'report') continue;
    const { fleetId, vehicleId, measuredAt, lat, lng, state } = read.report;
    if (fleetId !== FLEET) continue;
    found.push({ fleetId, vehicleId, measuredAt, lat, lng, state, partition, offset: record.offset });
  }
  return found;
}

async function readAcks(
  { acks }: RelFolder,
  isWanted: (vehicleId: string) => boolean,
): Promise<readonly Acknowledged[]> {
  if (!existsSync(acks)) throw new Error(`there is no ${acks}: run \`rel gen\` first`);
  const items: Acknowledged[] = [];
  for await (const line of createInterface({ input: createReadStream(acks), crlfDelay: Infinity })) {
    if (line === '') continue;
    // Read once per partition: of most lines it is enough to know that they are another one's.
    const whose = STARTS_WITH_VEHICLE.exec(line)?.[1];
    if (whose !== undefined && !isWanted(whose)) continue;
    const { vehicleId, measuredAt, lat, lng, state } = JSON.parse(line) as Acknowledged;
    if (isWanted(vehicleId)) items.push({ vehicleId, measuredAt, lat, lng, state });
  }
  return items;
}

const STARTS_WITH_VEHICLE = /^\{"vehicleId":"([^"\\]+)"/;

interface TrackRow {
  readonly vehicle_id: string;
  readonly measured_at: number;
  readonly lng: number | null;
  readonly lat: number | null;
}

/** By vehicle and time, where the track says these were. Page by page along the primary key, so that a million points do not arrive in one piece. */
async function readTrack(
  { database }: Evidence,
  vehicles: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, string>>> {
  const track = new Map<string, Map<number, string>>();
  const { rows: days } = await database.query<{ day: string }>('SELECT day FROM track_day ORDER BY day');
  for (const { day } of days) {
    for (let last: TrackRow | undefined, more = vehicles.length > 0; more;) {
      const { rows } = await database.query<TrackRow>(
        `SELECT vehicle_id, measured_at, lng, lat FROM track
          WHERE day = $1 AND fleet_id = $2 AND vehicle_id = ANY($6::text[])
            AND (vehicle_id, measured_at) > ($3, to_timestamp($4 / 1000.0))
          ORDER BY vehicle_id, measured_at LIMIT $5`,
        [day, FLEET, last?.vehicle_id ?? '', last?.measured_at ?? 0, PAGE, vehicles],
      );
      for (const row of rows) {
        const points = track.get(row.vehicle_id) ?? new Map<number, string>();
        track.set(row.vehicle_id, points.set(row.measured_at, placeOf(row.lng, row.lat)));
      }
      last = rows.at(-1);
      more = rows.length === PAGE;
    }
  }
  return track;
}

const PAGE = 20_000;

function placeOf(lng: number | null | undefined, lat: number | null | undefined): string {
  return `${lng ?? '-'} ${lat ?? '-'}`;
}

async function readDeadLetters({ database }: Evidence): Promise<ReadonlySet<string>> {
  const { rows } = await database.query<{ partition: number; record_offset: number }>(
    'SELECT partition, record_offset FROM dead_letter WHERE topic = $1 AND consumer = $2',
    [HEARTBEATS_TOPIC, CONSUMERS.history],
  );
  return new Set(rows.map((row) => `${row.partition}/${row.record_offset}`));
}

/** Whether the files of the partition hold a record with this vehicle and time, whatever the broker thinks of them. */
function isInSegment(kafkaData: string, { vehicleId, measuredAt }: Acknowledged, partition: number): boolean {
  const files = readdirSync(kafkaData, { recursive: true, encoding: 'utf8' }).filter((file) =>
    new RegExp(`${HEARTBEATS_TOPIC.replaceAll('.', '\\.')}-${partition}/\\d+\\.log$`).test(file),
  );
  const time = `"measuredAt":${measuredAt}`;
  const vehicle = `"vehicleId":${JSON.stringify(vehicleId)}`;
  return files.some((file) => {
    const bytes = readFileSync(join(kafkaData, file));
    for (let at = bytes.indexOf(time); at >= 0; at = bytes.indexOf(time, at + 1)) {
      const from = bytes.lastIndexOf('{"kind"', at);
      const record = bytes.subarray(from, bytes.indexOf('}', at));
      if (record.includes(vehicle)) return true;
    }
    return false;
  });
}
