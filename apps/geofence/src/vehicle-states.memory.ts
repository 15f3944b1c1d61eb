import { vehicleKey } from '@corral/contracts';
import { decodeMemory, encodeMemory } from '@corral/domain';
import type { VehicleStates } from './vehicle-states';

/** States in a map, encoded as in the database so that nothing survives by reference. */
export function memoryVehicleStates(): VehicleStates {
  const encoded = new Map<string, Uint8Array>();
  return {
    load(_tx, vehicles) {
      const known = vehicles
        .map(({ fleetId, vehicleId }) => vehicleKey(fleetId, vehicleId))
        .filter((key) => encoded.has(key));
      return Promise.resolve(new Map(known.map((key) => [key, decodeMemory(encoded.get(key)!)])));
    },
    save(_tx, rows) {
      for (const row of rows) encoded.set(vehicleKey(row.fleetId, row.vehicleId), encodeMemory(row.memory));
      return Promise.resolve();
    },
  };
}
