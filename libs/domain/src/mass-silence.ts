import type { Position } from '@corral/geo';
import { placeCell } from './place-cell';

/** A vehicle that is silent now. Times are epoch milliseconds. */
export interface SilentVehicle {
  readonly violationId: string;
  readonly openedAt: number;
  readonly position?: Position;
}

/** How many vehicles there are: in the fleet, and in each cell of 0.01°. */
export interface FleetSize {
  readonly fleet: number;
  readonly cells: ReadonlyMap<number, number>;
}

/** Many vehicles that fell silent together, of the fleet or of one cell. */
export interface MassSilence {
  /** Absent: of the whole fleet. */
  readonly cell?: number;
  readonly members: readonly SilentVehicle[];
}

/** Fewer are no mass, whatever their share. */
export const FEWEST_IN_MASS = 20;
/** As near in time do they belong together. */
export const MASS_WITHIN_MS = 30_000;
const SHARE = 0.2;

/**
 * Did so many vehicles fall silent together that something else must be wrong: at least 20 and a fifth of the fleet, else of a cell, within 30 s?
 * Answers the largest such crowd.
 */
export function massSilence(silent: readonly SilentVehicle[], size: FleetSize): MassSilence | undefined {
  const ofFleet = largestCrowd(silent, size.fleet);
  if (ofFleet) return { members: ofFleet };
  const cells = new Map<number, SilentVehicle[]>();
  for (const vehicle of silent) {
    if (!vehicle.position) continue;
    const cell = placeCell(vehicle.position);
    const others = cells.get(cell) ?? [];
    cells.set(cell, others);
    others.push(vehicle);
  }
  let largest: MassSilence | undefined;
  for (const [cell, there] of cells) {
    const members = largestCrowd(there, size.cells.get(cell) ?? there.length);
    if (members && members.length > (largest?.members.length ?? 0)) largest = { cell, members };
  }
  return largest;
}

function largestCrowd(silent: readonly SilentVehicle[], outOf: number): readonly SilentVehicle[] | undefined {
  const byTime = [...silent].sort((a, b) => a.openedAt - b.openedAt);
  let best: [from: number, to: number] = [0, 0];
  for (let from = 0, to = 0; from < byTime.length; from += 1) {
    while (to < byTime.length && byTime[to]!.openedAt - byTime[from]!.openedAt <= MASS_WITHIN_MS) to += 1;
    if (to - from > best[1] - best[0]) best = [from, to];
  }
  const members = byTime.slice(...best);
  return members.length >= FEWEST_IN_MASS && members.length >= SHARE * outOf ? members : undefined;
}
