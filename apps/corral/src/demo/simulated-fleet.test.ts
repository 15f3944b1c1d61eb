import { createSimulatedFleet } from './simulated-fleet';

const START = Date.parse('2026-11-20T10:00:00.000Z');

function rideFor(minutes: number, seed = 7, vehicles = 200) {
  const fleet = createSimulatedFleet({ vehicles, seed, intervalMs: 5_000 });
  const all = [];
  for (let second = 0; second <= minutes * 60; second += 1) all.push(...fleet.due(START + second * 1_000));
  return all;
}

describe('the simulated fleet', () => {
  it('rides the same way for the same seed, and another way for another', () => {
    expect(rideFor(2)).toEqual(rideFor(2));
    expect(rideFor(2, 8)).not.toEqual(rideFor(2));
  });

  it('sends one heartbeat per vehicle and interval, in order', () => {
    const heartbeats = rideFor(10);
    expect(heartbeats.filter((heartbeat) => heartbeat.vehicleId === 'sim-042')).toHaveLength(120);
    expect(new Set(heartbeats.map((heartbeat) => heartbeat.vehicleId)).size).toBe(200);
    const times = heartbeats.map((heartbeat) => heartbeat.measuredAt);
    expect(times).toEqual([...times].sort());
  });

  it('has its first vehicle out of the service area, on a trip, within a minute', () => {
    const beyond = rideFor(1).filter(
      (heartbeat) => heartbeat.vehicleId === 'sim-001' && heartbeat.lng > 4.9 + 2_100 / 67_900,
    );
    expect(beyond.length).toBeGreaterThan(0);
    expect(beyond.every((heartbeat) => heartbeat.state === 'on_trip')).toBe(true);
  });

  it('has about half of the fleet riding, each trip with an id of its own', () => {
    const last = rideFor(15).slice(-200);
    const riding = last.filter((heartbeat) => heartbeat.state === 'on_trip');
    expect(riding.length).toBeGreaterThan(40);
    expect(riding.length).toBeLessThan(190);
    expect(new Set(riding.map((heartbeat) => heartbeat.tripId)).size).toBe(riding.length);
  });
});
