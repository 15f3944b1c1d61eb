import type { Geometry, Position } from '@corral/geo';

/** A made-up city to measure in: 30 by 30 km around Utrecht, zones of many sizes, and vehicles on their way. */
export interface City {
  readonly shapes: readonly Geometry[];
  readonly vertices: number;
  /** One longitude and latitude after another, in the order in which vehicles would report: never the same one twice in a row. */
  readonly fixes: Float64Array;
}

const WEST = 4.9;
const SOUTH = 51.95;
const SIDE_KM = 30;
const KM_PER_DEGREE = 111.195;
const DEGREES_HIGH = SIDE_KM / KM_PER_DEGREE;
const DEGREES_WIDE = DEGREES_HIGH / Math.cos((52.1 * Math.PI) / 180);
const VEHICLES = 20_000;
const STEP_KM = 0.05;

/**
 * Star-shaped concave zones of 5 to 500 corners, 107 on average. The more zones there are the smaller they are, so that always
 * two of their boxes lie over a place on average, and a position is in 1.1 zones.
 */
export function makeCity(zones: number, rounds: number, random: () => number): City {
  const boxesOverAPlace = 2;
  // Radii spread evenly over a factor of 8 on a logarithmic scale: their mean square is 1.89 of the square of the middle one;
  // corners lie at 0.6 to 1 of the radius, so a box is about 0.8 of the square around the circle.
  const middleKm = Math.sqrt((boxesOverAPlace * SIDE_KM ** 2) / (zones * 4 * 0.8 * 1.89));
  let vertices = 0;
  const shapes = Array.from({ length: zones }, (): Geometry => {
    const radius = middleKm * 8 ** (random() - 0.5);
    const corners = 5 + Math.round(495 * random() ** 3.85);
    vertices += corners + 1;
    return { type: 'Polygon', coordinates: [star(corners, radius, anywhere(random), random)] };
  });
  return { shapes, vertices, fixes: rides(rounds, random) };
}

function anywhere(random: () => number): Position {
  return [WEST + random() * DEGREES_WIDE, SOUTH + random() * DEGREES_HIGH];
}

function star(corners: number, radiusKm: number, [lng, lat]: Position, random: () => number): Position[] {
  const stretch = DEGREES_WIDE / DEGREES_HIGH;
  const ring = Array.from({ length: corners }, (_, i): Position => {
    const angle = (2 * Math.PI * i) / corners;
    const distance = ((0.6 + 0.4 * random()) * radiusKm) / KM_PER_DEGREE;
    return [lng + Math.cos(angle) * distance * stretch, lat + Math.sin(angle) * distance];
  });
  return [...ring, ring[0]!];
}

// Every vehicle goes 50 m on in each round, mostly straight on, and turns back at the edge of the city.
function rides(rounds: number, random: () => number): Float64Array {
  const places = Array.from({ length: VEHICLES }, () => ({ at: anywhere(random), heading: random() * 2 * Math.PI }));
  const fixes = new Float64Array(2 * VEHICLES * rounds);
  let next = 0;
  for (let round = 0; round < rounds; round += 1) {
    for (const vehicle of places) {
      vehicle.heading += (random() - 0.5) * 0.5;
      const step = STEP_KM / KM_PER_DEGREE;
      const lng = vehicle.at[0] + (Math.cos(vehicle.heading) * step * DEGREES_WIDE) / DEGREES_HIGH;
      const lat = vehicle.at[1] + Math.sin(vehicle.heading) * step;
      const isInCity = lng > WEST && lng < WEST + DEGREES_WIDE && lat > SOUTH && lat < SOUTH + DEGREES_HIGH;
      if (isInCity) vehicle.at = [lng, lat];
      else vehicle.heading += Math.PI;
      fixes[next] = vehicle.at[0];
      fixes[next + 1] = vehicle.at[1];
      next += 2;
    }
  }
  return fixes;
}
