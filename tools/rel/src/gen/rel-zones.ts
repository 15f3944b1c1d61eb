type Corner = readonly [lng: number, lat: number];

/** The middle of the city that `rel gen` rides in. */
export const CENTRE: Corner = [4.905, 52.37];
/** Half the width of the service area, degrees. */
export const REACH = 0.01;

/**
 * Zones with everything that decides differently: overlaps, a hole, two parts, a slanted edge, a limit, rules that say nothing,
 * and nothing allowed outside of them. `changesAt` (epoch ms): when a market opens in the middle; it closes a third of `spanMs` later.
 */
export function relZones(changesAt: number, spanMs: number): object {
  const [lng, lat] = CENTRE;
  const at = (dx: number, dy: number): Corner => [round(lng + dx * REACH), round(lat + dy * REACH)];
  const box = (west: number, south: number, east: number, north: number) => [
    at(west, south),
    at(east, south),
    at(east, north),
    at(west, north),
    at(west, south),
  ];
  const feature = (id: string, type: string, coordinates: unknown, rules?: readonly object[], times: object = {}) => ({
    type: 'Feature',
    id,
    properties: { name: id, ...(rules === undefined ? {} : { rules }), ...times },
    geometry: { type, coordinates },
  });
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    type: 'FeatureCollection',
    global_rules: [{ ride_through_allowed: false, maximum_speed_kph: 25 }],
    // Silence depends on when things were received, so no oracle can foretell it when everything is killed.
    silence_limits: [{ on_trip_seconds: null, otherwise_seconds: null }],
    features: [
      feature('market', 'Polygon', [box(-0.15, -0.6, 0.2, 0.6)], [{ ride_through_allowed: false }], {
        start: iso(changesAt),
        end: iso(changesAt + spanMs / 3),
      }),
      feature(
        'park',
        'Polygon',
        [[at(-0.9, -0.5), at(-0.5, -0.7), at(-0.3, 0.1), at(-0.7, 0.6), at(-0.9, -0.5)]],
        [{ ride_end_allowed: false, maximum_speed_kph: 12 }],
      ),
      feature(
        'islands',
        'MultiPolygon',
        [[box(0.3, -0.8, 0.5, 0.8)], [box(0.6, -0.8, 0.8, 0.8)]],
        [{ ride_start_allowed: false, ride_end_allowed: false }],
      ),
      feature('watched', 'Polygon', [box(-0.4, -0.4, 0.4, 0.4)]),
      feature(
        'area',
        'Polygon',
        [box(-1, -1, 1, 1), box(0.05, -0.2, 0.15, 0.2)],
        [{ ride_start_allowed: true, ride_end_allowed: true, ride_through_allowed: true }],
      ),
    ],
  };
}

function round(degrees: number): number {
  return Number(degrees.toFixed(7));
}
