import type { Queryable } from '@corral/database';
import { sayVehicle, VEHICLE_COLUMNS, VEHICLE_TABLES, type VehicleRow } from '../vehicles/vehicle-rows';
import type { LiveClient } from './live-client';

/** Partitions commit side by side: a receipt may become visible so much after a later one. */
const OVERLAP_MS = 5_000;

/** Tells clients of vehicles whose state changed since the last look. Not kept, not resumable. */
export function createTelemetryWatch(database: Queryable) {
  const lookedAt = new Map<string, { since: number; told: Map<string, number> }>();

  async function lookAt(fleetId: string, clients: readonly LiveClient[]): Promise<void> {
    const before = lookedAt.get(fleetId);
    if (before === undefined) {
      const { rows } = await database.query<{ newest: number | null }>(
        'SELECT max(received_at) AS newest FROM vehicle_state WHERE fleet_id = $1',
        [fleetId],
      );
      // What is there already is no news; what it overlaps with is found out by its receipt.
      const since = rows[0]?.newest ?? 0;
      lookedAt.set(fleetId, { since, told: new Map(await receiptsAfter(fleetId, since - OVERLAP_MS)) });
      return;
    }
    const { rows } = await database.query<VehicleRow>(
      `SELECT ${VEHICLE_COLUMNS} FROM ${VEHICLE_TABLES.known}
        WHERE s.fleet_id = $1 AND s.received_at > to_timestamp($2 / 1000.0) AND v.archived_at IS NULL`,
      [fleetId, before.since - OVERLAP_MS],
    );
    const told = new Map<string, number>();
    let since = before.since;
    for (const row of rows) {
      const receivedAt = row.received_at ?? 0;
      since = Math.max(since, receivedAt);
      told.set(row.id, receivedAt);
      if (before.told.get(row.id) === receivedAt) continue;
      let text: string | undefined;
      for (const client of clients) client.tellTelemetry(row.id, () => (text ??= JSON.stringify(sayVehicle(row))));
    }
    lookedAt.set(fleetId, { since, told });
  }

  async function receiptsAfter(fleetId: string, since: number): Promise<[string, number][]> {
    const { rows } = await database.query<{ vehicle_id: string; received_at: number }>(
      'SELECT vehicle_id, received_at FROM vehicle_state WHERE fleet_id = $1 AND received_at > to_timestamp($2 / 1000.0)',
      [fleetId, since],
    );
    return rows.map((row) => [row.vehicle_id, row.received_at]);
  }

  return {
    async look(clients: Iterable<LiveClient>): Promise<void> {
      const byFleet = new Map<string, LiveClient[]>();
      for (const client of clients) {
        if (!client.kinds.has('telemetry')) continue;
        const { fleetId } = client.caller;
        byFleet.set(fleetId, [...(byFleet.get(fleetId) ?? []), client]);
      }
      for (const fleetId of lookedAt.keys()) if (!byFleet.has(fleetId)) lookedAt.delete(fleetId);
      for (const [fleetId, followers] of byFleet) await lookAt(fleetId, followers);
    },
    forget: () => lookedAt.clear(),
  };
}
