import { encodeReport, HEARTBEATS_TOPIC, vehicleKey } from '@corral/contracts';
import {
  identifier,
  listOf,
  sayTime,
  vehicle,
  vehicleCollection,
  vehiclePut,
  vehiclesQuery,
} from '@corral/contracts/http';
import { msToTimestamp, withFleet, type Database } from '@corral/database';
import type { EventLog } from '@corral/messaging';
import { Problem } from '@corral/runtime';
import { z } from 'zod';
import { findVehicle, noSuchVehicle } from '../vehicles/find-vehicle';
import { searchVehicles, type FoundVehicle, type VehicleFilter, type VehiclePlace } from '../vehicles/search-vehicles';
import { sayVehicle, sayVehicleFeature } from '../vehicles/vehicle-rows';
import { cursorsOf } from './cursor';
import { DEFAULT_LIMIT, pageOf } from './page';
import { route, type Route } from './route';
import { validate } from './validate';
import { writeStream } from './write-stream';

interface Ports {
  readonly database: Database;
  readonly log: Pick<EventLog, 'append'>;
  readonly clock: () => number;
}

const VEHICLE_PATH = z.object({ id: identifier });

/** A map is read in stretches of so many vehicles. */
const STRETCH = 2_000;

/** Vehicles: what is known of them now, and what an operator says about them. */
export function vehicleRoutes({ database, log, clock }: Ports): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/vehicles',
      summary: 'Vehicles by place, zone, state or name',
      access: 'vehicles:read',
      query: vehiclesQuery,
      answers: {
        200: {
          description: 'By id, or nearest first; as GeoJSON all at once',
          schema: listOf(vehicle),
          also: { 'application/geo+json': vehicleCollection },
        },
      },
      async handle({ caller, query, signal }) {
        const { limit, cursor, format, ...filter } = query;
        const cursors = cursorsOf<[number, string]>(['number', 'text'], { list: 'vehicles', ...filter });
        const place = cursors.read(cursor);
        if (format === 'geojson') {
          const pieces = mapOf(caller.fleetId, filter, place, limit);
          // The first piece is asked for before the answer begins, so that a wrong bbox is still refused.
          const first = await pieces.next();
          const type = 'application/geo+json; charset=utf-8';
          return {
            stream: (response) => writeStream(response, { 'content-type': type }, resumed(first, pieces), signal),
          };
        }
        const most = limit ?? DEFAULT_LIMIT;
        const rows = await read(caller.fleetId, filter, { after: place, limit: most + 1 });
        return { status: 200, body: pageOf(rows, most, cursors, (row) => [row.distance_m, row.id], sayVehicle) };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/vehicles/{id}',
      summary: 'One vehicle',
      access: 'vehicles:read',
      answers: { 200: { description: 'The vehicle', schema: vehicle } },
      async handle({ caller, params }) {
        const found = await withFleet(database, caller.fleetId, (tx) => findVehicle(tx, caller.fleetId, params.id!));
        if (found === undefined) throw noSuchVehicle();
        return { status: 200, body: found };
      },
    }),
    route({
      method: 'PUT',
      path: '/v1/vehicles/{id}',
      summary: 'Say what a vehicle is; makes it if need be',
      access: 'vehicles:write',
      body: vehiclePut,
      answers: {
        200: { description: 'The vehicle', schema: vehicle },
        201: { description: 'The vehicle, new', schema: vehicle },
      },
      async handle({ caller, params, body, signal }) {
        const { id } = validate(VEHICLE_PATH, params, 422);
        const now = clock();
        // First the log: a type that is only in the table would never be judged by. Said twice it does no harm.
        if (body.vehicleTypeId !== undefined) await sayType(caller.fleetId, id, body.vehicleTypeId, now, signal);
        return await withFleet(database, caller.fleetId, async (tx) => {
          const before = await findVehicle(tx, caller.fleetId, id);
          await tx.query(
            `INSERT INTO vehicle AS v (fleet_id, id, vehicle_type_id, name, labels, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5::jsonb, ${msToTimestamp('$6')}, ${msToTimestamp('$6')})
             ON CONFLICT (fleet_id, id) DO UPDATE SET vehicle_type_id = coalesce(excluded.vehicle_type_id, v.vehicle_type_id),
               name = excluded.name, labels = excluded.labels, archived_at = NULL, updated_at = excluded.updated_at`,
            [caller.fleetId, id, body.vehicleTypeId ?? null, body.name ?? null, JSON.stringify(body.labels ?? {}), now],
          );
          return { status: before === undefined ? 201 : 200, body: await findVehicle(tx, caller.fleetId, id) };
        });
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/vehicles/{id}',
      summary: 'Archive a vehicle: it is no longer listed; what happened stays',
      access: 'vehicles:write',
      answers: { 204: { description: 'Archived' } },
      async handle({ caller, params }) {
        await withFleet(database, caller.fleetId, async (tx) => {
          if ((await findVehicle(tx, caller.fleetId, params.id!)) === undefined) throw noSuchVehicle();
          await tx.query(
            `INSERT INTO vehicle (fleet_id, id, archived_at) VALUES ($1, $2, ${msToTimestamp('$3')})
             ON CONFLICT (fleet_id, id) DO UPDATE SET archived_at = excluded.archived_at`,
            [caller.fleetId, params.id, clock()],
          );
        });
        return { status: 204 };
      },
    }),
  ];

  async function read(
    fleetId: string,
    filter: VehicleFilter,
    page: { after?: VehiclePlace | undefined; limit: number; onlyPlaced?: boolean },
  ): Promise<readonly FoundVehicle[]> {
    const { text, values } = searchVehicles(fleetId, filter, page);
    return (await withFleet(database, fleetId, (tx) => tx.query<FoundVehicle>(text, values))).rows;
  }

  async function* mapOf(
    fleetId: string,
    filter: VehicleFilter,
    from: VehiclePlace | undefined,
    limit = Infinity,
  ): AsyncGenerator<string, undefined> {
    let rest = limit;
    let rows = await read(fleetId, filter, { after: from, limit: Math.min(STRETCH, rest), onlyPlaced: true });
    yield `{"type":"FeatureCollection","asOf":${JSON.stringify(await asOf())},"features":[`;
    let comma = '';
    while (rows.length > 0) {
      yield comma + rows.map((row) => JSON.stringify(sayVehicleFeature(row))).join(',');
      comma = ',';
      rest -= rows.length;
      if (rows.length < STRETCH || rest === 0) break;
      const last = rows.at(-1)!;
      rows = await read(fleetId, filter, {
        after: [last.distance_m, last.id],
        limit: Math.min(STRETCH, rest),
        onlyPlaced: true,
      });
    }
    yield ']}';
    return undefined;
  }

  /** Everything received until then has been evaluated: the least watermark. */
  async function asOf(): Promise<string | null> {
    const { rows } = await database.query<{ watermark: number | null }>(
      `SELECT CASE WHEN count(*) = count(watermark) THEN min(watermark) END AS watermark FROM partition_owner WHERE consumer = 'geofence'`,
    );
    const watermark = rows[0]?.watermark ?? null;
    return watermark === null ? null : sayTime(watermark);
  }

  async function sayType(fleetId: string, vehicleId: string, vehicleTypeId: string, now: number, signal: AbortSignal) {
    const value = encodeReport({
      fleetId,
      vehicleId,
      measuredAt: now,
      receivedAt: now,
      at: now,
      source: 'operator',
      flags: [],
      vehicleTypeId,
    });
    try {
      await log.append(HEARTBEATS_TOPIC, [{ key: vehicleKey(fleetId, vehicleId), value, timestamp: now }], signal);
    } catch (cause) {
      throw new Problem(503, 'unavailable', 'The change of type could not be recorded; ask again soon.', {
        headers: { 'retry-after': String(1 + Math.floor(Math.random() * 15)) },
        cause,
      });
    }
  }
}

async function* resumed(first: IteratorResult<string>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  if (first.done) return;
  yield first.value as string;
  yield* rest;
}
