import { vehicleKey } from '@corral/contracts';
import { decodeMemory, encodeMemory } from '@corral/domain';
import { CATCHING_UP, type RememberedVehicle, type VehicleStateRow, type VehicleStates } from './vehicle-states';

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
      return Promise.resolve(new Map(known.map((key) => [key, kept.get(key)!.encoded])));
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
      const catchesUp = ({ at, receivedAt, contactAt }: Kept) =>
        contactAt > watermark - CATCHING_UP.heardWithinMs && at < receivedAt - CATCHING_UP.behindMs;
      const all = [...kept.values()].filter((one) => one.partition === partition);
      const there = all.filter((one) => !catchesUp(one));
      const looked = there.filter(({ lookAt }) => lookAt <= watermark).sort((a, b) => a.lookAt - b.lookAt);
      const isUnswept = ({ fleetId, revision, decidedTo }: Kept) =>
        sweeps.some(
          (sweep) =>
            sweep.fleetId === fleetId && (sweep.revision !== revision || decidedTo < (sweep.changedAt ?? -Infinity)),
        );
      const swept = there.filter(isUnswept);
      const vehicles = new Set([...looked.slice(0, limit), ...swept.slice(0, limit)]);
      return Promise.resolve({
        vehicles: [...vehicles].map(remembered),
        more: looked.length >= limit || swept.length >= limit,
        later: all.some((one) => catchesUp(one) && isUnswept(one)),
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
  readonly at: number;
  readonly contactAt: number;
  /** Of the newest report of the line. */
  readonly receivedAt: number;
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
    at: memory.head.at,
    contactAt: memory.contactAt,
    receivedAt: memory.head.receivedAt,
  };
}
