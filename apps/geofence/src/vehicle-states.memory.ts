import { vehicleKey } from '@corral/contracts';
import { decodeMemory, encodeMemory } from '@corral/domain';
import type { RememberedVehicle, VehicleStateRow, VehicleStates } from './vehicle-states';

/** States in a map, encoded as in the database so that nothing survives by reference. */
export function memoryVehicleStates(): VehicleStates {
  const kept = new Map<string, Kept>();

  function remembered({ fleetId, vehicleId, encoded }: Kept): RememberedVehicle {
    return { fleetId, vehicleId, memory: decodeMemory(encoded) };
  }

  return {
    load(_tx, vehicles) {
      const known = vehicles
        .map(({ fleetId, vehicleId }) => vehicleKey(fleetId, vehicleId))
        .filter((key) => kept.has(key));
      return Promise.resolve(new Map(known.map((key) => [key, decodeMemory(kept.get(key)!.encoded)])));
    },
    save(_tx, rows) {
      for (const row of rows) kept.set(vehicleKey(row.fleetId, row.vehicleId), keep(row));
      return Promise.resolve();
    },
    committed() {},
    partitionsDue(_queryable, places) {
      const due = places.filter(({ partition, watermark }) =>
        [...kept.values()].some((one) => one.partition === partition && one.lookAt <= watermark),
      );
      return Promise.resolve(due.map(({ partition }) => partition));
    },
    fleetsIn(_queryable, partitions) {
      const there = [...kept.values()].filter(({ partition }) => partitions.includes(partition));
      return Promise.resolve([...new Set(there.map(({ fleetId }) => fleetId))].sort());
    },
    loadDue(_tx, { partition, watermark }, { sweeps, limit }) {
      const there = [...kept.values()].filter((one) => one.partition === partition);
      const looked = there.filter(({ lookAt }) => lookAt <= watermark).sort((a, b) => a.lookAt - b.lookAt);
      const swept = there.filter(({ fleetId, revision, decidedTo }) =>
        sweeps.some(
          (sweep) =>
            sweep.fleetId === fleetId && (sweep.revision !== revision || decidedTo < (sweep.changedAt ?? -Infinity)),
        ),
      );
      const vehicles = new Set([...looked.slice(0, limit), ...swept.slice(0, limit)]);
      return Promise.resolve({
        vehicles: [...vehicles].map(remembered),
        more: looked.length >= limit || swept.length >= limit,
      });
    },
  };
}

interface Kept {
  readonly fleetId: string;
  readonly vehicleId: string;
  readonly partition: number;
  readonly encoded: Uint8Array;
  readonly lookAt: number;
  readonly revision: number;
  readonly decidedTo: number;
}

function keep({ fleetId, vehicleId, partition, memory, scheduleRevision, givenUpTo }: VehicleStateRow): Kept {
  return {
    fleetId,
    vehicleId,
    partition,
    encoded: encodeMemory(memory),
    lookAt: givenUpTo === undefined ? (memory.lookAt ?? Infinity) : Infinity,
    revision: scheduleRevision,
    decidedTo: givenUpTo ?? memory.head.decidedTo ?? memory.head.at,
  };
}
