import type { PolygonCoordinates, Position, Ring } from '../geometry';

/**
 * A concave polygon somewhere, with holes: rings around centres with a random radius at each corner. By the dice it runs
 * either way round and its corners are left as they fell, or rounded so that corners share latitudes and longitudes.
 */
export function randomPolygon(random: () => number): PolygonCoordinates {
  // From a block of houses to a continent: on long edges the rounding of differences shows.
  const radius = 10 ** (1.6 - random() * 4.6);
  const centre: Position = [(random() * 2 - 1) * (179 - radius), (random() * 2 - 1) * (89 - radius)];
  const decimals = [undefined, 6, 5][Math.floor(random() * 3)];
  const holeCount = Math.floor(random() * 4);
  // Eight corners or more keep the edges of the shell off the holes.
  const shell = ringAround(8, centre, radius * 0.6, radius, random, decimals);
  const holes = Array.from({ length: holeCount }, (_, i) => {
    const angle = (2 * Math.PI * (i + random() * 0.2)) / holeCount;
    const holeCentre: Position = [
      centre[0] + Math.cos(angle) * radius * 0.3,
      centre[1] + Math.sin(angle) * radius * 0.3,
    ];
    return ringAround(3, holeCentre, radius * 0.05, radius * 0.15, random, decimals);
  });
  return [shell, ...holes];
}

function ringAround(
  fewestCorners: number,
  [lng, lat]: Position,
  smallest: number,
  largest: number,
  random: () => number,
  decimals: number | undefined,
): Ring {
  const count = fewestCorners + Math.floor(random() * 30);
  const round = (degrees: number): number => (decimals === undefined ? degrees : Number(degrees.toFixed(decimals)));
  const corners = Array.from({ length: count }, (_, i): Position => {
    const angle = (2 * Math.PI * i) / count;
    const distance = smallest + random() * (largest - smallest);
    return [round(lng + Math.cos(angle) * distance), round(lat + Math.sin(angle) * distance)];
  });
  if (random() < 0.5) corners.reverse();
  return [...corners, corners[0]!];
}
