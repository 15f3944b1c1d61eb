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
  const stays = before?.lng !== undefined && haversineM([before.lng, before.lat!], [lng, lat]) <= PLACE_M;
  return stays ? before : { since: at, lng, lat };
}

/** Walking pace; below it a receiver at rest says speeds of its own. */
const MOVING_MPS = 2;
/** As far apart may two fixes of a vehicle at rest be: some five times the error of an ordinary receiver between houses. */
const PLACE_M = 75;
