import type { Queryable } from '@corral/database';
import { LATENESS_MS, type VehicleMemory } from '@corral/domain';

/** A vehicle as this service knows it: who, where in the log, and what it remembers. */
export interface RememberedVehicle {
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly memory: VehicleMemory;
}

/** Under which claim of its partition something is read or written; what is remembered under it is forgotten with it. */
export interface UnderClaim {
  readonly claim?: object;
}

/** What a flush leaves behind of one vehicle. */
export interface VehicleStateRow extends RememberedVehicle, UnderClaim {
  readonly partition: number;
  /** It had a state before, which was read under this claim. */
  readonly known?: boolean;
  /** The zone schedule it was decided under; 0 without any. */
  readonly scheduleRevision: number;
  /** When it was to be looked at as it was read: its deadline is written only where it moved. */
  readonly lookedAt?: number;
  /** It could not be decided without a report, up to then: not looked at again until something is heard of it. Epoch milliseconds. */
  readonly givenUpTo?: number;
}

/** A place in the log and how far time has passed there, epoch milliseconds. */
export interface PartitionTime {
  readonly partition: number;
  readonly watermark: number;
}

/** Which vehicles of a fleet have not been told how its zones are: those decided under another revision, or not up to the last change. */
export interface Sweep {
  readonly fleetId: string;
  readonly revision: number;
  /** The last change point that is due, epoch milliseconds; absent: there was none. */
  readonly changedAt?: number;
}

/** The vehicles' states, read and written inside the transaction of a flush. */
export interface VehicleStates {
  /**
   * The memories of those that have one, by `vehicleKey`, as they are stored. Whoever decides opens one after the other: thousands that are open
   * at once live so long that collecting them costs more than all that is done with them.
   */
  load(
    tx: Queryable,
    vehicles: readonly ({ fleetId: string; vehicleId: string } & UnderClaim)[],
  ): Promise<ReadonlyMap<string, Uint8Array>>;
  /**
   * One row per vehicle, each at most once, in the order of {@link byVehicle}. All of them are taken before anything is written, and nothing is kept
   * of a row but what is stored of it.
   */
  save(tx: Queryable, rows: Iterable<VehicleStateRow>): Promise<void>;
  /** What was saved in this transaction is committed: as long as its claim holds, it is what there is. */
  committed(tx: Queryable): void;
  /** Of these partitions, those in which some vehicle is to be looked at. */
  partitionsDue(queryable: Queryable, places: readonly PartitionTime[]): Promise<readonly number[]>;
  /** The fleets with zones and vehicles in these partitions. */
  fleetsIn(queryable: Queryable, partitions: readonly number[]): Promise<readonly string[]>;
  /** The vehicles of a partition whose time has come, and those that a sweep has not reached, but for those that are catching up; `limit` of each at most. */
  loadDue(
    tx: Queryable,
    place: PartitionTime,
    of: { readonly sweeps: readonly Sweep[]; readonly limit: number },
  ): Promise<DueVehicles>;
}

/**
 * The order in which rows are written: an owner and one that takes itself for it then seldom wait for each other in a circle (if they do, each
 * partition is tried alone).
 */
export function byVehicle(one: { readonly vehicleId: string }, other: { readonly vehicleId: string }): number {
  return one.vehicleId < other.vehicleId ? -1 : 1;
}

/** Vehicles to be decided without a report. */
export interface DueVehicles {
  readonly vehicles: readonly RememberedVehicle[];
  /** There may be more of them now. */
  readonly more: boolean;
  /** A sweep left some out that are catching up: it must come again. */
  readonly later: boolean;
}

/**
 * A vehicle of which something was received up to so long before the watermark, and which had measured the newest of its line so long before that
 * was received, is catching up: what it did meanwhile is still on the way, so nothing is decided in its place. (Of its line: what comes too late to
 * change anything, as from a clock that was set back, is not on the way.) Milliseconds.
 */
export const CATCHING_UP = { heardWithinMs: 60_000, behindMs: LATENESS_MS };
