import {
  geofenceEvent,
  geofenceEventsQuery,
  listOf,
  vehicleEventsQuery,
  violation,
  violationsQuery,
} from '@corral/contracts/http';
import { msToTimestamp, withFleet, type Database } from '@corral/database';
import { GEOFENCE_EVENT_COLUMNS, sayGeofenceEvent, type GeofenceEventRow } from '../facts/geofence-event-rows';
import { sayViolation, VIOLATION_COLUMNS, type ViolationRow } from '../facts/violation-rows';
import { vehicleExists } from '../vehicles/find-vehicle';
import { conditionsOf, type Conditions } from './conditions';
import { cursorsOf } from './cursor';
import { DEFAULT_LIMIT, pageOf } from './page';
import { route, type Route } from './route';

/** What the lists of facts and alerts can be narrowed to; times are epoch milliseconds, both ends included. */
export interface FactFilter {
  readonly vehicleId?: string | undefined;
  readonly zoneId?: string | undefined;
  readonly kind?: readonly string[] | undefined;
  readonly status?: readonly string[] | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

interface FactList extends FactFilter {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly includeRetracted?: boolean | undefined;
}

/** What evaluation decided: geofence events and violations, newest first. */
export function factRoutes({ database }: { readonly database: Database }): readonly Route[] {
  async function geofenceEvents(fleetId: string, list: FactList) {
    const page = await readPage<GeofenceEventRow>(fleetId, list, 'geofence_event', GEOFENCE_EVENT_COLUMNS, 'at');
    return { status: 200, body: page(sayGeofenceEvent, (row) => row.at) };
  }

  async function readPage<Row extends { readonly id: string }>(
    fleetId: string,
    list: FactList,
    table: 'geofence_event' | 'violation',
    columns: string,
    timeColumn: string,
  ) {
    const { limit = DEFAULT_LIMIT, cursor } = list;
    const cursors = cursorsOf<[number, string]>(['integer', 'text'], { table, ...list });
    const where = conditionsOf('fleet_id', fleetId);
    narrow(where, list, timeColumn);
    if (!list.includeRetracted) where.and('NOT retracted');
    after(where, cursors.read(cursor), timeColumn);
    const { rows } = await withFleet(database, fleetId, (tx) =>
      tx.query<Row>(
        `SELECT ${columns} FROM ${table} WHERE ${where.text} ORDER BY ${timeColumn} DESC, id DESC LIMIT ${where.value(limit + 1)}`,
        where.values,
      ),
    );
    return <Item>(say: (row: Row) => Item, timeOf: (row: Row) => number) =>
      pageOf(rows, limit, cursors, (row) => [timeOf(row), row.id], say);
  }

  return [
    route({
      method: 'GET',
      path: '/v1/geofence-events',
      summary: 'Vehicles that entered, exited or crossed zones, newest first',
      access: 'alerts:read',
      query: geofenceEventsQuery,
      answers: { 200: { description: 'Geofence events', schema: listOf(geofenceEvent) } },
      handle: ({ caller, query }) => geofenceEvents(caller.fleetId, query),
    }),
    route({
      method: 'GET',
      path: '/v1/vehicles/{id}/geofence-events',
      summary: 'The same for one vehicle',
      access: 'alerts:read',
      query: vehicleEventsQuery,
      answers: { 200: { description: 'Geofence events', schema: listOf(geofenceEvent) } },
      async handle({ caller, params, query }) {
        await vehicleExists(database, caller.fleetId, params.id!);
        return await geofenceEvents(caller.fleetId, { ...query, vehicleId: params.id! });
      },
    }),
    route({
      method: 'GET',
      path: '/v1/violations',
      summary: 'Rules broken by vehicles, newest first',
      access: 'alerts:read',
      query: violationsQuery,
      answers: { 200: { description: 'Violations', schema: listOf(violation) } },
      async handle({ caller, query }) {
        const page = await readPage<ViolationRow>(caller.fleetId, query, 'violation', VIOLATION_COLUMNS, 'opened_at');
        return { status: 200, body: page(sayViolation, (row) => row.opened_at) };
      },
    }),
  ];
}

/** Adds what a list of facts or alerts is narrowed to. */
export function narrow(where: Conditions, filter: FactFilter, timeColumn: string): void {
  const { vehicleId, zoneId, kind, status, from, to } = filter;
  if (vehicleId !== undefined) where.and('vehicle_id = ?', vehicleId);
  if (zoneId !== undefined) where.and('zone_id = ?', zoneId);
  if (kind !== undefined) where.and('kind = ANY(?::text[])', kind);
  if (status !== undefined) where.and('status = ANY(?::text[])', status);
  if (from !== undefined) where.and(`${timeColumn} >= ${msToTimestamp('?')}`, from);
  if (to !== undefined) where.and(`${timeColumn} <= ${msToTimestamp('?')}`, to);
}

/** Goes on after the place of a cursor, newest first, id breaking ties. */
export function after(where: Conditions, place: readonly [number, string] | undefined, timeColumn: string): void {
  if (place !== undefined) where.and(`(${timeColumn}, id) < (${msToTimestamp('?')}, ?)`, ...place);
}
