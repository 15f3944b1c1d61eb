import {
  importQuery,
  listOf,
  listQuery,
  problem,
  publication,
  published,
  sayTime,
  zoneSetDocument,
  zoneSetMade,
  zoneSetQuery,
  zoneSetSummary,
} from '@corral/contracts/http';
import { loadScheduleRows, readZoneFileAside, withFleet, type Database, type Queryable } from '@corral/database';
import { exportZones, type ZoneSetDefinition } from '@corral/domain';
import { Problem } from '@corral/runtime';
import { z } from 'zod';
import type { ZoneSetCache } from '../zones/zone-set-cache';
import { publishZoneSet, withdrawZoneSet, type PublishOutcome } from '../zones/publish-zone-set';
import { lockZoneSets, storeZoneSet } from '../zones/store-zone-set';
import { conditionsOf } from './conditions';
import { cursorsOf } from './cursor';
import { DEFAULT_LIMIT, pageOf } from './page';
import { malformedJson } from './read-body';
import { route, type Route } from './route';
import { validate } from './validate';

interface Ports {
  readonly database: Database;
  readonly zoneSets: ZoneSetCache;
  readonly clock: () => number;
}

const zoneFile = z.looseObject({}).meta({ description: 'The document as it is' });

/** Zone sets whole: import, list, export, publish. */
export function zoneSetRoutes({ database, zoneSets, clock }: Ports): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/zone-sets',
      summary: 'Import GBFS geofencing zones, GeoJSON or MDS geographies as the next version',
      access: 'zones:write',
      query: importQuery,
      body: zoneFile,
      readsBytes: true,
      bodyLimit: 50 * 1024 * 1024,
      answers: {
        201: { description: 'Stored; what was refused is named', schema: zoneSetMade },
        422: { description: 'Nothing usable: zones, refused and warnings stand in the problem', schema: problem },
      },
      async handle({ caller, query, bytes }) {
        const imported = await readZoneFileAside(bytes, {
          ...(query.idProperty === undefined ? {} : { idProperty: query.idProperty }),
          ...(query.profile === undefined ? {} : { profile: query.profile }),
        });
        if (imported.kind === 'not_json') throw malformedJson();
        if (imported.kind === 'no_object') throw validate(zoneFile, imported.value, 422);
        const { refused, warnings } = imported;
        if (imported.kind === 'refused')
          throw new Problem(422, imported.code, imported.detail, {
            ...(imported.field === undefined ? {} : { field: imported.field }),
            extra: { zones: 0, refused, warnings },
          });
        const { version, effectiveAt } = await withFleet(database, caller.fleetId, async (tx) => {
          const now = clock();
          await lockZoneSets(tx, caller.fleetId);
          const stored = await storeZoneSet(tx, caller.fleetId, imported, now);
          if (!query.publish) return { version: stored };
          const outcome = await publishZoneSet(tx, { fleetId: caller.fleetId, version: stored, now });
          return { version: stored, effectiveAt: effectiveAtOf(outcome) };
        });
        return {
          status: 201,
          headers: { location: `/v1/zone-sets/${version}` },
          body: {
            version,
            status: query.publish ? 'published' : 'draft',
            zones: imported.zones,
            refused,
            warnings,
            ...(effectiveAt === undefined ? {} : { effectiveAt: sayEffectiveAt(effectiveAt) }),
          },
        };
      },
    }),
    route({
      method: 'GET',
      path: '/v1/zone-sets',
      summary: 'The versions of the zone set, newest first',
      access: 'zones:read',
      query: z.strictObject(listQuery),
      answers: { 200: { description: 'Versions without their zones', schema: listOf(zoneSetSummary) } },
      async handle({ caller, query }) {
        const { limit = DEFAULT_LIMIT, cursor } = query;
        const cursors = cursorsOf<[number]>(['integer'], { list: 'zone-sets' });
        const after = cursors.read(cursor);
        const where = conditionsOf('fleet_id', caller.fleetId);
        if (after !== undefined) where.and('version < ?', after[0]);
        return await withFleet(database, caller.fleetId, async (tx) => {
          const { rows } = await tx.query<SummaryRow>(
            `SELECT ${SUMMARY} FROM zone_set WHERE ${where.text} ORDER BY version DESC LIMIT ${where.value(limit + 1)}`,
            where.values,
          );
          const schedule = await loadScheduleRows(tx, caller.fleetId);
          const effective = new Map(schedule.rows.map((row) => [row.version, row.effectiveAt]));
          return {
            status: 200,
            body: pageOf(
              rows,
              limit,
              cursors,
              (row) => [row.version],
              (row) => summaryOf(row, effective.get(row.version)),
            ),
          };
        });
      },
    }),
    route({
      method: 'GET',
      path: '/v1/zone-sets/{version}',
      summary: 'A zone set whole: a version, or `current`',
      access: 'zones:read',
      query: zoneSetQuery,
      answers: {
        200: {
          description: 'GeoJSON with what is known of the set beside the features, or the format asked for',
          schema: zoneSetDocument,
          also: { 'application/geo+json': zoneSetDocument },
        },
      },
      async handle({ caller, params, query }) {
        return await withFleet(database, caller.fleetId, async (tx) => {
          const now = clock();
          const version = await versionOf(tx, zoneSets, caller.fleetId, params.version!, now);
          const { rows } = await tx.query<SummaryRow & { definition: string }>(
            `SELECT ${SUMMARY}, definition FROM zone_set WHERE fleet_id = $1 AND version = $2`,
            [caller.fleetId, version],
          );
          const row = rows[0];
          if (row === undefined) throw noSuchSet(params.version!);
          const definition = JSON.parse(row.definition) as ZoneSetDefinition;
          const document = exportZones(definition, query.format ?? 'geojson', { now }) as Record<string, unknown>;
          if (query.format !== undefined)
            return {
              status: 200,
              body: document,
              type:
                query.format === 'geojson' ? 'application/geo+json; charset=utf-8' : 'application/json; charset=utf-8',
            };
          const schedule = await loadScheduleRows(tx, caller.fleetId);
          const effectiveAt = schedule.rows.findLast((entry) => entry.version === version)?.effectiveAt;
          return { status: 200, body: { ...summaryOf(row, effectiveAt), ...document } };
        });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/zone-sets/{version}/publish',
      summary: 'Let a version count from now on, or from a later moment',
      access: 'zones:write',
      body: publication,
      bodyOptional: true,
      answers: { 200: { description: 'Scheduled', schema: published } },
      async handle({ caller, params, body }) {
        const version = numberOf(params.version!);
        const outcome = await withFleet(database, caller.fleetId, async (tx) => {
          await lockZoneSets(tx, caller.fleetId);
          const { effectiveAt } = body;
          return await publishZoneSet(tx, { fleetId: caller.fleetId, version, effectiveAt, now: clock() });
        });
        const effectiveAt = effectiveAtOf(outcome, body.effectiveAt);
        return { status: 200, body: { version, status: 'published', effectiveAt: sayEffectiveAt(effectiveAt) } };
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/zone-sets/{version}/publish',
      summary: 'Withdraw a version that is scheduled and does not count yet',
      access: 'zones:write',
      answers: { 204: { description: 'Withdrawn' }, 409: { description: 'It counts already', schema: problem } },
      async handle({ caller, params }) {
        const version = numberOf(params.version!);
        const outcome = await withFleet(database, caller.fleetId, async (tx) => {
          await lockZoneSets(tx, caller.fleetId);
          return await withdrawZoneSet(tx, { fleetId: caller.fleetId, version, now: clock() });
        });
        if (outcome.kind === 'refused')
          throw new Problem(outcome.code === 'not_scheduled' ? 404 : 409, outcome.code, outcome.detail);
        return { status: 204 };
      },
    }),
  ];
}

/** The version that a path names: a number, or `current`. */
export async function versionOf(
  tx: Queryable,
  zoneSets: ZoneSetCache,
  fleetId: string,
  named: string,
  now: number,
): Promise<number> {
  if (named !== 'current') return numberOf(named);
  const current = await zoneSets.versionInForce(tx, fleetId, now);
  if (current === undefined) throw new Problem(404, 'zone_set_not_found', 'No zone set is published yet.');
  return current;
}

function numberOf(named: string): number {
  if (!/^[1-9]\d{0,14}$/.test(named)) throw noSuchSet(named);
  return Number(named);
}

function noSuchSet(named: string): Problem {
  return new Problem(404, 'zone_set_not_found', `There is no zone set ${named.slice(0, 40)}.`);
}

function effectiveAtOf(outcome: PublishOutcome, wanted?: number): number {
  if (outcome.kind === 'published') return outcome.effectiveAt;
  if (outcome.code === 'zone_set_not_found') throw new Problem(404, outcome.code, outcome.detail);
  throw new Problem(422, outcome.code, outcome.detail, {
    field: 'effectiveAt',
    value: wanted === undefined ? undefined : sayTime(wanted),
  });
}

function sayEffectiveAt(effectiveAt: number): string | null {
  return effectiveAt === -Infinity ? null : sayTime(effectiveAt);
}

const SUMMARY = 'version, status, origin, profile, zones, refused, warnings, created_at, published_at';

interface SummaryRow {
  readonly version: number;
  readonly status: string;
  readonly origin: string;
  readonly profile: string;
  readonly zones: number;
  readonly refused: unknown;
  readonly warnings: unknown;
  readonly created_at: number;
  readonly published_at: number | null;
}

function summaryOf(row: SummaryRow, effectiveAt: number | undefined) {
  const { version, status, origin, profile, zones, refused, warnings } = row;
  return {
    version,
    status,
    origin,
    profile,
    zones,
    refused,
    warnings,
    createdAt: sayTime(row.created_at),
    publishedAt: row.published_at === null ? null : sayTime(row.published_at),
    ...(effectiveAt === undefined ? {} : { effectiveAt: sayEffectiveAt(effectiveAt) }),
  };
}
