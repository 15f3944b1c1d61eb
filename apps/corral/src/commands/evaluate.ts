import { eventDataOf, toApiShape } from '@corral/contracts';
import {
  checkHeartbeat,
  compileStationSet,
  compileZoneSet,
  importStations,
  importZones,
  isEpochMs,
  parseTime,
  passTime,
  stampReports,
  step,
  type Anomaly,
  type Fact,
  type Heartbeat,
  type QuietProfile,
  type Report,
  type ReportSeen,
  type StationSet,
  type VehicleMemory,
  type ZoneSchedule,
} from '@corral/domain';
import type { NdjsonLine } from './ndjson';

/** What `corral evaluate` was asked. */
export interface EvaluateOptions {
  readonly fleetId: string;
  /** Every vehicle's type, where the lines do not say one. */
  readonly vehicleTypeId?: string;
}

/** What became of the lines. */
export interface EvaluateSummary {
  readonly lines: number;
  readonly bad: number;
  readonly facts: number;
  /** How often each kind of anomaly was found. */
  readonly anomalies: ReadonlyMap<Anomaly, number>;
}

/** One line that was decided. */
export interface SeenStep {
  readonly line: number;
  readonly report: Report;
  readonly told: readonly Fact[];
  readonly anomaly?: Anomaly;
  /** What speaks for having changed sides of a zone, once this report was its vehicle's newest. */
  readonly evidence?: ReportSeen['evidence'];
}

/** The schedule of one zone file: in force since the beginning of time, as a fleet's first published version is. */
export function scheduleOfFile(
  document: unknown,
  options: {
    fleetId: string;
    idProperty?: string;
    profile?: QuietProfile;
    latenessMs?: number;
    stations?: StationSet;
  },
): { kind: 'ok'; schedule: ZoneSchedule; notices: string[] } | { kind: 'refused'; notices: string[] } {
  const { fleetId, latenessMs, stations, ...importOptions } = options;
  const imported = importZones(document, importOptions);
  const notices = noticesOf(imported);
  if (imported.kind === 'refused')
    return { kind: 'refused', notices: [`${imported.code}: ${imported.detail}`, ...notices] };
  const set = compileZoneSet({ ...imported.definition, latenessMs }, { fleetId, version: 1 });
  return { kind: 'ok', schedule: { revision: 1, entries: [{ effectiveAt: -Infinity, set, stations }] }, notices };
}

/** The stations of one file of GBFS `station_information`. */
export function stationsOfFile(
  document: unknown,
):
  | { kind: 'ok'; stations: StationSet; notices: string[] }
  | { kind: 'refused'; stations?: undefined; notices: string[] } {
  const imported = importStations(document);
  const notices = noticesOf(imported);
  if (imported.kind === 'refused')
    return { kind: 'refused', notices: [`${imported.code}: ${imported.detail}`, ...notices] };
  return { kind: 'ok', stations: compileStationSet(imported.definition, 1), notices };
}

interface Remark {
  readonly path: string;
  readonly code: string;
  readonly name?: string;
  readonly detail: string;
}

function noticesOf(read: { readonly refused: readonly Remark[]; readonly warnings: readonly Remark[] }): string[] {
  return [...read.refused, ...read.warnings].map(
    ({ path, code, name, detail }) => `${path}: ${code}${name === undefined ? '' : ` (${name})`}: ${detail}`,
  );
}

/**
 * Decides line by line, in the order of the lines (a shuffled file is a shuffled delivery), with the engine that the server runs.
 * `emit` gets each fact as it is decided, in the shape of the API; `refuse` each line that is no heartbeat; `see` every step.
 */
export async function evaluateLines(
  blocks: AsyncIterable<readonly NdjsonLine[]>,
  schedule: ZoneSchedule,
  options: EvaluateOptions,
  emit: (fact: Record<string, unknown>) => void,
  refuse: (line: number, code: string, detail: string) => void,
  see?: (step: SeenStep) => void,
): Promise<EvaluateSummary> {
  const vehicles = new Map<string, { memory: VehicleMemory | undefined }>();
  // As the server's tables do: each telling of an id raises its revision.
  const revisions = new Map<string, number>();
  const anomalies = new Map<Anomaly, number>();
  let count = 0;
  let bad = 0;
  let facts = 0;
  let end = -Infinity;
  const tell = (told: readonly Fact[]) => {
    for (const fact of told) {
      facts += 1;
      const revision = (revisions.get(fact.id) ?? 0) + 1;
      revisions.set(fact.id, revision);
      emit(outsideShape({ ...fact, revision }));
    }
  };
  for await (const lines of blocks) {
    for (const line of lines) {
      count += 1;
      const read = readLine(line, options);
      if (read.kind === 'rejected') {
        bad += 1;
        refuse(line.number, read.code, read.detail);
        continue;
      }
      const { report } = read;
      let vehicle = vehicles.get(report.vehicleId);
      if (vehicle === undefined) vehicles.set(report.vehicleId, (vehicle = { memory: undefined }));
      const { memory, told, anomaly } = step(vehicle.memory, report, schedule);
      vehicle.memory = memory;
      if (anomaly !== undefined) anomalies.set(anomaly, (anomalies.get(anomaly) ?? 0) + 1);
      const evidence = memory.head.at === report.at ? memory.head.evidence : undefined;
      see?.({ line: line.number, report, told, anomaly, evidence });
      end = Math.max(end, report.receivedAt);
      tell(told);
    }
  }
  // The file's time goes on to its last line for every vehicle in it; a file has no watermark, so nobody is silent.
  const { fleetId } = options;
  const passed = { watermark: -Infinity, decideTo: end };
  for (const [vehicleId, { memory }] of vehicles)
    tell(passTime(memory!, { fleetId, vehicleId }, passed, schedule, () => schedule).told);
  return { lines: count, bad, facts, anomalies };
}

/** A fact in the shape of the API, without `detectedAt`: nobody detected it but this command. */
export function outsideShape(fact: Fact): Record<string, unknown> {
  const { detectedAt: _never, ...data } = eventDataOf(fact, 0);
  return { type: fact.type, ...toApiShape(data) };
}

type ReadLine = { kind: 'report'; report: Report } | { kind: 'rejected'; code: string; detail: string };

function readLine(line: NdjsonLine, options: EvaluateOptions): ReadLine {
  if (line.kind === 'not_json') return { kind: 'rejected', code: 'not_json', detail: 'the line is not JSON' };
  // No line is too old or too new: a file is judged by itself.
  const checked = checkHeartbeat(line.value, { now: Number.MAX_SAFE_INTEGER, maxAgeMs: Number.MAX_SAFE_INTEGER });
  if (checked.kind === 'rejected') return { kind: 'rejected', code: checked.code, detail: checked.detail };
  const given = line.value as Record<string, unknown>;
  const receivedAt = given.receivedAt === undefined ? checked.heartbeat.measuredAt : momentOf(given.receivedAt);
  if (receivedAt === undefined)
    return { kind: 'rejected', code: 'received_at_invalid', detail: 'receivedAt is no RFC 3339 time' };
  return { kind: 'report', report: stamp(checked.heartbeat, receivedAt, given, options) };
}

/** Stamped as at the door; a line that the server exported carries its stamps, and keeps them. */
function stamp(
  heartbeat: Heartbeat,
  receivedAt: number,
  line: Record<string, unknown>,
  options: EvaluateOptions,
): Report {
  const [stamped] = stampReports([heartbeat], receivedAt);
  // Field by field and always in one shape, which engines like: a file has millions of them.
  return {
    fleetId: options.fleetId,
    vehicleId: heartbeat.vehicleId,
    measuredAt: heartbeat.measuredAt,
    receivedAt,
    at: (line.at === undefined ? undefined : momentOf(line.at)) ?? stamped!.at,
    source: line.source === 'operator' || line.source === 'source' ? line.source : 'device',
    flags: stamped!.flags,
    lat: heartbeat.lat,
    lng: heartbeat.lng,
    accuracyM: heartbeat.accuracyM,
    speedMps: heartbeat.speedMps,
    headingDeg: heartbeat.headingDeg,
    altitudeM: heartbeat.altitudeM,
    batteryPercent: heartbeat.batteryPercent,
    state: heartbeat.state,
    tripId: heartbeat.tripId,
    bootId: heartbeat.bootId,
    sequence: heartbeat.sequence,
    deviceId: heartbeat.deviceId,
    vehicleTypeId: typeof line.vehicleTypeId === 'string' ? line.vehicleTypeId : options.vehicleTypeId,
  };
}

function momentOf(value: unknown): number | undefined {
  if (typeof value === 'string') return parseTime(value);
  return typeof value === 'number' && isEpochMs(value) ? Math.floor(value) : undefined;
}
