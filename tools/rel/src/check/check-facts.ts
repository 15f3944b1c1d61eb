import { decodeEvent, decodeHeartbeatRecord, EVENTS_TOPIC, HEARTBEATS_TOPIC, vehicleKey } from '@corral/contracts';
import { compareFacts, type FactsReport, type StoredFact, type ToldFact } from './facts';
import { judgeVehicle, type ExpectedFact, type LoggedReport } from './oracle';
import { readPartition, readTopic } from './read-log';
import { zoneBook, type BookSet, type ZoneBook } from './zone-book';
import type { Evidence } from './open-evidence';
import type { PlantedFaults } from './planted-faults';

/** The comparison, and what it rests on. */
export interface CheckedFacts extends FactsReport {
  readonly reports: number;
  readonly vehicles: number;
  readonly copies: number;
  /** Reports that came after a newer one of their vehicle and count in their place; and those that came too late for that. */
  readonly late: number;
  readonly closed: number;
  /** Vehicles of which the log alone does not say what must be decided (the oracle's `tooLong`): a fault of the load. */
  readonly notJudged: number;
  /** Records that geofence set aside; each may be why facts are missing. */
  readonly deadLetters: number;
}

/** `rel check facts`: the oracle over the topic against the tables, and what the topic of events said last. */
export async function checkFacts(
  evidence: Evidence,
  { signal, planted }: { readonly signal: AbortSignal; readonly planted?: PlantedFaults },
): Promise<CheckedFacts> {
  const books = await readBooks(evidence);
  const expected: ExpectedFact[] = [];
  const notJudged = new Set<string>();
  const count = { reports: 0, vehicles: 0, copies: 0, late: 0, closed: 0 };
  // All of a vehicle is in one partition: no more than one of them is held in memory.
  for (let partition = 0; partition < evidence.log.partitions; partition += 1) {
    for (const [key, records] of await readVehicles(evidence, partition, signal)) {
      const verdict = judgeVehicle(records, books.get(records[0]!.fleetId));
      count.vehicles += 1;
      count.reports += records.length;
      count.copies += verdict.copies;
      count.late += verdict.late;
      count.closed += verdict.closed;
      if (verdict.tooLong) notJudged.add(key);
      else for (const fact of verdict.facts) expected.push(fact);
    }
  }

  const kept = await readStored(evidence);
  const [stored, told] = [planted?.facts(kept) ?? kept, await readTold(evidence, signal)];
  const { rows } = await evidence.database.query<{ count: number }>(
    `SELECT count(*) AS count FROM dead_letter WHERE topic = $1 AND consumer = 'geofence'`,
    [HEARTBEATS_TOPIC],
  );
  return {
    ...compareFacts(expected, stored, told, (fact) => !notJudged.has(vehicleKey(fact.fleetId, fact.vehicleId))),
    ...count,
    notJudged: notJudged.size,
    deadLetters: rows[0]!.count,
  };
}

async function readVehicles(
  evidence: Evidence,
  partition: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly LoggedReport[]>> {
  const vehicles = new Map<string, LoggedReport[]>();
  for await (const record of readPartition(evidence, HEARTBEATS_TOPIC, partition, signal)) {
    const read = decodeHeartbeatRecord(record.value);
    if (read.kind !== 'report') continue;
    const key = vehicleKey(read.report.fleetId, read.report.vehicleId);
    const records = vehicles.get(key);
    if (records === undefined) vehicles.set(key, [read.report]);
    else records.push(read.report);
  }
  return vehicles;
}

async function readBooks({ database }: Evidence): Promise<ReadonlyMap<string, ZoneBook>> {
  const sets = await database.query<{ fleet_id: string; version: number; definition: string }>(
    'SELECT fleet_id, version, definition FROM zone_set',
  );
  const schedule = await database.query<{ fleet_id: string; revision: number; version: number; effective_at: number }>(
    'SELECT fleet_id, revision, version, effective_at FROM zone_schedule',
  );
  const fleets = new Set(schedule.rows.map((row) => row.fleet_id));
  return new Map(
    [...fleets].map((fleet) => {
      const ofFleet = sets.rows.filter((row) => row.fleet_id === fleet);
      const lines = schedule.rows.filter((row) => row.fleet_id === fleet);
      return [
        fleet,
        zoneBook(
          lines.map((row) => ({ revision: row.revision, version: row.version, effectiveAt: row.effective_at })),
          new Map(
            ofFleet.map((row) => [row.version, { ...(JSON.parse(row.definition) as BookSet), version: row.version }]),
          ),
        ),
      ];
    }),
  );
}

interface FactRow {
  readonly id: string;
  readonly revision: number;
  readonly retracted: boolean;
  readonly fleet_id: string;
  readonly vehicle_id: string;
  readonly zone_id: string | null;
  readonly kind: string;
}

async function readStored({ database }: Evidence): Promise<readonly StoredFact[]> {
  const events = await database.query<FactRow & { cause: string; at: number }>(
    'SELECT id, revision, retracted, fleet_id, vehicle_id, zone_id, kind, cause, at FROM geofence_event',
  );
  const violations = await database.query<FactRow & { rule_name: string; opened_at: number; closed_at: number | null }>(
    'SELECT id, revision, retracted, fleet_id, vehicle_id, zone_id, kind, rule_name, opened_at, closed_at FROM violation',
  );
  const common = (row: FactRow) => ({
    id: row.id,
    revision: row.revision,
    retracted: row.retracted,
    fleetId: row.fleet_id,
    vehicleId: row.vehicle_id,
    zoneId: row.zone_id ?? undefined,
    kind: row.kind,
  });
  return [
    ...events.rows.map((row) => ({ type: 'geofence_event' as const, ...common(row), cause: row.cause, at: row.at })),
    ...violations.rows.map((row) => ({
      type: 'violation' as const,
      ...common(row),
      rule: row.rule_name,
      openedAt: row.opened_at,
      closedAt: row.closed_at ?? undefined,
    })),
  ];
}

async function readTold(evidence: Evidence, signal: AbortSignal): Promise<readonly ToldFact[]> {
  const told: ToldFact[] = [];
  for await (const { partition, offset, value } of readTopic(evidence, EVENTS_TOPIC, signal)) {
    const read = decodeEvent(value);
    if (read.kind !== 'event')
      throw new Error(`${EVENTS_TOPIC} partition ${partition} offset ${offset}: ${read.detail}`);
    const { type, seq } = read.event;
    const data = read.event.data as unknown as StoredFact & { readonly rule?: { readonly name: string } };
    const { id, revision, retracted, fleetId, vehicleId, zoneId, kind, cause, at, openedAt, closedAt } = data;
    const isEvent = type.startsWith('geofence_event');
    told.push({
      type: isEvent ? 'geofence_event' : 'violation',
      ...{ id, revision, retracted, fleetId, vehicleId, zoneId, kind },
      ...(isEvent ? { cause, at } : { rule: data.rule?.name, openedAt, closedAt }),
      ...{ eventType: type, partition, offset, seq },
    });
  }
  return told;
}
