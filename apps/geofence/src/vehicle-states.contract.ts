import type { Queryable } from '@corral/database';
import { encodeMemory, evaluate, type VehicleMemory } from '@corral/domain';
import { aReport, aSchedule, aZoneSet } from '@corral/domain/testing';
import type { VehicleStates } from './vehicle-states';

/** What every keeper of vehicle states promises; run against memory and against PostgreSQL. */
export function describeVehicleStates(
  name: string,
  open: () => Promise<{ states: VehicleStates; tx: Queryable }>,
): void {
  describe(`vehicle states ${name}`, () => {
    let states: VehicleStates;
    let tx: Queryable;
    beforeAll(async () => ({ states, tx } = await open()));

    const memoryOf = (vehicleId: string, second: number): VehicleMemory =>
      evaluate(
        undefined,
        [
          aReport({
            vehicleId,
            measuredAt: 1_795_000_000_000 + second * 1_000,
            lat: 52.3731,
            lng: 4.8932,
            state: 'on_trip',
            speedMps: 4,
          }),
        ],
        aSchedule(aZoneSet()),
      ).memory!;
    const row = (vehicleId: string, second: number) => ({
      fleetId: 'default',
      vehicleId,
      memory: memoryOf(vehicleId, second),
      partition: 1,
      scheduleRevision: 1,
    });
    const load = (...vehicleIds: string[]) =>
      states.load(
        tx,
        vehicleIds.map((vehicleId) => ({ fleetId: 'default', vehicleId })),
      );

    // What is read is still packed: the same memory is the one that is stored as the same bytes.
    const bytesOf = (memory: VehicleMemory | undefined) => memory && Buffer.from(encodeMemory(memory));

    it('know nothing of a vehicle that was never saved', async () => {
      expect((await load('never-seen')).size).toBe(0);
    });

    it('give back exactly the memory that was saved', async () => {
      await states.save(tx, [row('bike-1', 0), row('bike-2', 1)]);
      const loaded = await load('bike-1', 'bike-2', 'never-seen');
      expect([...loaded.keys()].sort()).toEqual(['default/bike-1', 'default/bike-2']);
      expect(bytesOf(loaded.get('default/bike-2'))).toEqual(bytesOf(memoryOf('bike-2', 1)));
    });

    it('replace what was saved before', async () => {
      await states.save(tx, [row('bike-1', 5)]);
      expect(bytesOf((await load('bike-1')).get('default/bike-1'))).toEqual(bytesOf(memoryOf('bike-1', 5)));
    });

    it('keep apart the vehicles of two fleets that share a name', async () => {
      await states.save(tx, [{ ...row('bike-1', 9), fleetId: 'other' }]);
      expect(bytesOf((await load('bike-1')).get('default/bike-1'))).toEqual(bytesOf(memoryOf('bike-1', 5)));
    });
  });
}
