import type { VehicleStateWord } from './report';

/** Is the vehicle in use? `unknown` until a state says so. */
export type TripPhase = 'riding' | 'parked' | 'unknown';

/** A trip as far as it is known at one moment of the line. */
export interface TripKnown {
  readonly phase: TripPhase;
  /** The trip it is on, or the one that has just ended. */
  readonly tripId?: string;
}

/** What a report does to a trip, where the phase before is known. `changes`: one ends and the next begins in the same moment. */
export type TripChange = 'starts' | 'ends' | 'changes';

/**
 * In which phase is a vehicle that says this state? Losing contact ends no trip (MDS 2.0, vehicle state transitions): with
 * `non_contactable`, `missing` and `elsewhere`, as with no state at all, it is in the phase it was in.
 */
export function tripPhase(before: TripPhase, said: VehicleStateWord | undefined): TripPhase {
  return (said && PHASE_OF[said]) ?? before;
}

const PHASE_OF: { readonly [state in VehicleStateWord]?: TripPhase } = {
  on_trip: 'riding',
  available: 'parked',
  reserved: 'parked',
  non_operational: 'parked',
  removed: 'parked',
};

/** What happened to the trip between these two moments? A ride that goes on under another id is another trip. */
export function tripChange(before: TripKnown, now: TripKnown): TripChange | undefined {
  if (before.phase === 'unknown') return undefined;
  if (before.phase !== now.phase) return now.phase === 'riding' ? 'starts' : 'ends';
  const another = before.tripId !== undefined && now.tripId !== undefined && before.tripId !== now.tripId;
  return another && now.phase === 'riding' ? 'changes' : undefined;
}
