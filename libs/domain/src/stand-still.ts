import { haversineM } from '@corral/geo';
import type { SaidReport, Standing, VehicleLine } from './vehicle-line';
import type { TripPhase } from './trip-phase';

/**
 * Since when does the vehicle stand still, after this report on this line? A state that says parked is believed, however the fixes jump; without
 * any state it is inferred: fixes that stay near one place and say no speed. Riding, it does not stand.
 */
export function standStill(
  line: Pick<VehicleLine, 'standing'> | undefined,
  report: SaidReport,
  phase: TripPhase,
): Standing | undefined {
  const before = line?.standing;
  if (phase === 'riding') return undefined;
  if (phase === 'parked') return before ?? { since: report.at };
  const { at, lng, lat, speedMps } = report;
  if (lng === undefined || lat === undefined) return before;
  if (speedMps !== undefined && speedMps >= MOVING_MPS) return undefined;
  const stays = before?.lng !== undefined && isSamePlace(before.lng, before.lat!, lng, lat);
  return stays ? before : { since: at, lng, lat };
}

function isSamePlace(fromLng: number, fromLat: number, lng: number, lat: number): boolean {
  const north = Math.abs(lat - fromLat) * LONGEST_DEGREE_M;
  // Mostly one of these settles it: no way is longer than one along the grid, and none is shorter than its part to the north.
  if (north + Math.abs(lng - fromLng) * LONGEST_DEGREE_M <= PLACE_M) return true;
  if (north > 1.01 * PLACE_M) return false;
  return haversineM([fromLng, fromLat], [lng, lat]) <= PLACE_M;
}

/** No degree, of longitude or latitude, is longer on our sphere (111,195 m); rounding is far smaller than the difference. */
const LONGEST_DEGREE_M = 111_200;
/** Walking pace; below it a receiver at rest says speeds of its own. */
const MOVING_MPS = 2;
/** As far apart may two fixes of a vehicle at rest be: some five times the error of an ordinary receiver between houses. */
const PLACE_M = 75;
