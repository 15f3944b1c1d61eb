import { listOf, telemetryPoint, telemetryQuery } from '@corral/contracts/http';
import { withFleet, type Database } from '@corral/database';
import { Problem } from '@corral/runtime';
import { vehicleExists } from '../vehicles/find-vehicle';
import { TRACK_FORMATS, type TrackFormat } from '../vehicles/track-formats';
import {
  placeOf,
  readTrack,
  sayTrackRow,
  type TrackPart,
  type TrackPlace,
  type TrackRow,
} from '../vehicles/track-rows';
import { cursorsOf } from './cursor';
import { DEFAULT_LIMIT, pageOf } from './page';
import { route, type Route } from './route';
import { writeStream } from './write-stream';

/** An export is read in stretches of so many points. */
const STRETCH = 2_000;

/** The recorded points of a vehicle. */
export function telemetryRoutes({ database }: { readonly database: Database }): readonly Route[] {
  const read = async (part: TrackPart) => await withFleet(database, part.fleetId, (tx) => readTrack(tx, part));

  return [
    route({
      method: 'GET',
      path: '/v1/vehicles/{id}/telemetry',
      summary: 'The recorded points of a vehicle, state reports too; as geojson or gpx its fixes only',
      access: 'traces:read',
      query: telemetryQuery,
      answers: {
        200: {
          description: 'Points, newest first; as a file oldest first and all at once',
          schema: listOf(telemetryPoint),
          also: { 'application/geo+json': null, 'application/gpx+xml': null, 'text/csv': null },
        },
      },
      async handle({ caller, params, query, signal }) {
        const { from, to, limit, cursor, format = 'json' } = query;
        const vehicleId = params.id!;
        await vehicleExists(database, caller.fleetId, vehicleId);
        const whole = { fleetId: caller.fleetId, vehicleId, from, to };
        if (format !== 'json') {
          if (cursor !== undefined)
            throw new Problem(400, 'cursor_not_with_format', 'A file comes whole: narrow it with from and to.', {
              field: 'cursor',
              value: cursor.slice(0, 200),
            });
          const file = TRACK_FORMATS[format];
          const headers = {
            'content-type': file.type,
            'content-disposition': `attachment; filename="telemetry.${file.extension}"`,
          };
          return { stream: (response) => writeStream(response, headers, fileOf(file, whole, limit), signal) };
        }
        const order = query.order ?? 'desc';
        const cursors = cursorsOf<TrackPlace>(['integer', 'integer'], {
          list: 'telemetry',
          vehicleId,
          from,
          to,
          order,
        });
        const most = limit ?? DEFAULT_LIMIT;
        const rows = await read({ ...whole, order, after: cursors.read(cursor), limit: most + 1 });
        return { status: 200, body: pageOf(rows, most, cursors, placeOf, sayTrackRow) };
      },
    }),
  ];

  async function* fileOf(
    file: TrackFormat,
    whole: Pick<TrackPart, 'fleetId' | 'vehicleId' | 'from' | 'to'>,
    limit = Infinity,
  ): AsyncGenerator<string> {
    yield file.begin(whole.vehicleId);
    let after: TrackPlace | undefined;
    for (let rest = limit; rest > 0;) {
      const { onlyFixes } = file;
      const rows: readonly TrackRow[] = await read({
        ...whole,
        order: 'asc',
        after,
        limit: Math.min(STRETCH, rest),
        onlyFixes,
      });
      const before = after;
      yield rows.map((row, i) => file.point(row, before === undefined && i === 0)).join('');
      if (rows.length < STRETCH) break;
      rest -= rows.length;
      after = placeOf(rows.at(-1)!);
    }
    yield file.end;
  }
}
