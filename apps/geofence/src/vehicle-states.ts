import type { Queryable } from '@corral/database';
import type { VehicleMemory } from '@corral/domain';

/** A vehicle as this service knows it: who, where in the log, and what it remembers. */
export interface RememberedVehicle {
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly memory: VehicleMemory;
}

/** What a flush leaves behind of one vehicle. */
export interface VehicleStateRow extends RememberedVehicle {
  readonly partition: number;
  /** The zone schedule it was decided under; 0 without any. */
  readonly scheduleRevision: number;
}

/** The vehicles' states, read and written inside the transaction of a flush. */
export interface VehicleStates {
  /** The memories of those that have one, by `vehicleKey`. */
  load(
    tx: Queryable,
    vehicles: readonly { fleetId: string; vehicleId: string }[],
  ): Promise<ReadonlyMap<string, VehicleMemory>>;
  /** One row per vehicle, each at most once. */
  save(tx: Queryable, rows: readonly VehicleStateRow[]): Promise<void>;
}
