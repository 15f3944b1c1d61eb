/** The middle of the city that `cmd/load` rides in, and half its width. */
const CITY = { lng: 4.9, lat: 52.37, wide: 0.2, high: 0.125 };
const ZONES = 500;
const CORNERS = 24;

/** West of the city, where nobody rides: what enters it alerts at once. */
export const PROBED = { lng: 4.2, lat: 52.37, halfDeg: 0.005 };

/**
 * A city of 500 zones of 300 m radius on average; in every 20th nobody may ride, and nobody is ever called silent. Vehicles that ride 20 m
 * between two heartbeats enter or leave a zone with 1 to 2 % of them.
 */
export function pathZones(random: () => number): object {
  const zones = Array.from({ length: ZONES }, (_, i) => {
    const centre = [between(CITY.lng, CITY.wide, random), between(CITY.lat, CITY.high, random)] as const;
    const radiusM = 150 * 4 ** random();
    return feature(`zone-${i}`, star(centre, radiusM, random), i % 20 === 0);
  });
  const { lng, lat, halfDeg: half } = PROBED;
  const box = [
    [lng - half, lat - half],
    [lng + half, lat - half],
    [lng + half, lat + half],
    [lng - half, lat + half],
    [lng - half, lat - half],
  ];
  return {
    type: 'FeatureCollection',
    silence_limits: [{ on_trip_seconds: null, otherwise_seconds: null }],
    features: [...zones, feature('probed', box, true)],
  };
}

function feature(id: string, ring: readonly (readonly number[])[], closed: boolean): object {
  return {
    type: 'Feature',
    id,
    properties: { name: id, ...(closed ? { rules: [{ ride_through_allowed: false }] } : {}) },
    geometry: { type: 'Polygon', coordinates: [ring] },
  };
}

const M_PER_DEGREE = 111_195;

function star([lng, lat]: readonly [number, number], radiusM: number, random: () => number): number[][] {
  const ring = Array.from({ length: CORNERS }, (_, i) => {
    const angle = (2 * Math.PI * i) / CORNERS;
    const degrees = ((0.7 + 0.3 * random()) * radiusM) / M_PER_DEGREE;
    return [lng + (Math.cos(angle) * degrees) / Math.cos((lat * Math.PI) / 180), lat + Math.sin(angle) * degrees];
  });
  return [...ring, ring[0]!];
}

function between(middle: number, half: number, random: () => number): number {
  return middle + (2 * random() - 1) * half;
}
