import type { Queryable } from '@corral/database';
import { decodeMemory, encodeMemory, evaluate, type VehicleMemory } from '@corral/domain';
import { aReport, aSchedule, aZoneSet } from '@corral/domain/testing';
import type { Sweep, VehicleStates } from './vehicle-states';

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

    const bytesOf = (memory: VehicleMemory) => Buffer.from(encodeMemory(memory));
    const loadBytes = async (vehicleId: string) => Buffer.from((await load(vehicleId)).get(`default/${vehicleId}`)!);

    it('know nothing of a vehicle that was never saved', async () => {
      expect((await load('never-seen')).size).toBe(0);
    });

    it('give back exactly the memory that was saved', async () => {
      await states.save(tx, [row('bike-1', 0), row('bike-2', 1)]);
      const loaded = await load('bike-1', 'bike-2', 'never-seen');
      expect([...loaded.keys()].sort()).toEqual(['default/bike-1', 'default/bike-2']);
      expect(await loadBytes('bike-2')).toEqual(bytesOf(memoryOf('bike-2', 1)));
    });

    it('replace what was saved before', async () => {
      await states.save(tx, [row('bike-1', 5)]);
      expect(await loadBytes('bike-1')).toEqual(bytesOf(memoryOf('bike-1', 5)));
    });

    const second = (count: number) => 1_795_000_000_000 + count * 1_000;
    const due = async (watermark: number, sweep: Partial<Sweep> = {}, limit = 10) => {
      const sweeps = [{ fleetId: 'default', revision: 1, ...sweep }];
      const found = await states.loadDue(tx, { partition: 7, watermark }, { sweeps, limit });
      return [...found.vehicles.map(({ vehicleId }) => vehicleId).sort(), ...(found.more ? ['more'] : [])];
    };

    it('find the vehicles whose time has come, in the order of time, so many at once', async () => {
      const at7 = (vehicleId: string, when: number) => ({ ...row(vehicleId, when), partition: 7 });
      await states.save(tx, [at7('due-a', 20), at7('due-b', 10), at7('due-c', 30)]);
      // On a trip they are looked at a minute after they were heard of.
      expect(await due(second(69))).toEqual([]);
      expect(await states.partitionsDue(tx, [{ partition: 7, watermark: second(69) }])).toEqual([]);
      expect(await due(second(80))).toEqual(['due-a', 'due-b']);
      expect(await states.partitionsDue(tx, [{ partition: 7, watermark: second(80) }])).toEqual([7]);
      expect(await states.partitionsDue(tx, [{ partition: 8, watermark: second(80) }])).toEqual([]);
      expect(await due(second(90), {}, 1)).toEqual(['due-b', 'more']);
    });

    it('leave out a vehicle that is catching up, until nothing more was received of it for a while', async () => {
      // Measured at second 0, received at second 1,000: what it did since is on the way.
      const heardOf = (receivedAt: number, contactAt = receivedAt) => {
        const memory = memoryOf('catches-up', 0);
        return states.save(tx, [
          {
            ...{ ...row('catches-up', 0), partition: 9 },
            memory: {
              ...memory,
              contactAt: second(contactAt),
              head: { ...memory.head, receivedAt: second(receivedAt) },
            },
          },
        ]);
      };
      const look = async (watermark: number) => {
        const sweeps = [{ fleetId: 'default', revision: 1, changedAt: second(500) }];
        const { vehicles, later } = await states.loadDue(
          tx,
          { partition: 9, watermark: second(watermark) },
          { sweeps, limit: 10 },
        );
        return [...vehicles.map(({ vehicleId }) => vehicleId), ...(later ? ['later'] : [])];
      };
      await heardOf(1_000);
      expect(await look(1_059)).toEqual(['later']);
      expect(await look(1_060)).toEqual(['catches-up']);
      // One that is not behind by more than may be late is decided at once.
      await heardOf(120);
      expect(await look(149)).toEqual(['catches-up']);
      // So is one whose clock was set back: what was received since comes too late to be on its line.
      await heardOf(1, 1_000);
      expect(await look(1_001)).toEqual(['catches-up']);
    });

    it('find the vehicles that were not told of a change, by the revision and the time they were decided under', async () => {
      expect(await due(second(0), { changedAt: second(25) })).toEqual(['due-a', 'due-b']);
      expect(await due(second(0), { revision: 2 })).toEqual(['due-a', 'due-b', 'due-c']);
      const saved = decodeMemory((await load('due-b')).get('default/due-b')!);
      const told = { ...saved, head: { ...saved.head, decidedTo: second(25) }, lookAt: undefined };
      await states.save(tx, [{ ...row('due-b', 0), memory: told, partition: 7, lookedAt: saved.lookAt }]);
      expect(await due(second(0), { changedAt: second(25) })).toEqual(['due-a']);
      expect(await due(second(80))).toEqual(['due-a']);
    });

    it('leave a vehicle alone that was given up, until something is heard of it', async () => {
      await states.save(tx, [
        { ...row('due-a', 20), partition: 7, lookedAt: second(80), givenUpTo: second(100), scheduleRevision: 2 },
      ]);
      expect(await due(second(80), { revision: 2, changedAt: second(99) })).toEqual(['due-b', 'due-c']);
      expect(await due(second(80), { revision: 2, changedAt: second(20) })).toEqual(['due-b', 'due-c']);
      await states.save(tx, [{ ...row('due-a', 60), partition: 7, scheduleRevision: 2 }]);
      expect(await due(second(120), { revision: 2 })).toContain('due-a');
    });

    it('keep apart the vehicles of two fleets that share a name', async () => {
      await states.save(tx, [{ ...row('bike-1', 9), fleetId: 'other' }]);
      expect(await loadBytes('bike-1')).toEqual(bytesOf(memoryOf('bike-1', 5)));
    });
  });
}
