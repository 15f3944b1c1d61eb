import { lanesOf, type PlanOptions } from './plan';
import { ride } from './ride';

const T = Date.UTC(2026, 10, 21, 10);

function requestsOf(changes: Partial<PlanOptions> = {}) {
  const options = {
    seed: 7,
    run: 1,
    n: 100,
    vehicles: 8,
    batch: 5,
    spread: 1,
    dup: 0,
    late: 0,
    calm: 1,
    startsAt: T,
    ...changes,
  };
  return lanesOf(options).map((lane) => {
    const requests = [];
    for (let next = lane.next(); next.done !== true; next = lane.next()) requests.push(next.value);
    return requests;
  });
}

const idOf = (heartbeat: { vehicleId: string; measuredAt: number }) => `${heartbeat.vehicleId} ${heartbeat.measuredAt}`;

describe('a load', () => {
  it('carries exactly n different heartbeats, however they are spread over requests', () => {
    for (const changes of [{}, { spread: 3 }, { batch: 1 }, { late: 0.3 }, { late: 0.3, spread: 4, batch: 7 }]) {
      const all = requestsOf(changes).flat(2);
      expect(all).toHaveLength(100);
      expect(new Set(all.map(idOf)).size).toBe(100);
    }
  });

  it('keeps requests to the size asked for, but for what is sent twice', () => {
    for (const request of requestsOf({ late: 0.2 }).flat()) expect(request.length).toBeLessThanOrEqual(5);
  });

  it('is the same again for the same seed', () => {
    expect(requestsOf()).toEqual(requestsOf());
    expect(requestsOf({ seed: 8 })).not.toEqual(requestsOf());
  });

  it('sends a share of the heartbeats twice when asked', () => {
    const all = requestsOf({ dup: 0.5 }).flat(2);
    expect(new Set(all.map(idOf)).size).toBe(100);
    expect(all.length).toBeGreaterThan(120);
  });

  it('holds a share of the heartbeats back when asked, and none of them for much longer than two requests', () => {
    for (const lane of requestsOf({ n: 2_000, late: 0.2 })) {
      let newest = -Infinity;
      let late = 0;
      for (const { measuredAt } of lane.flat()) {
        if (measuredAt < newest) late += 1;
        expect(newest - measuredAt).toBeLessThan(6 * 5 * 1_000);
        newest = Math.max(newest, measuredAt);
      }
      expect(late).toBeGreaterThan(20);
    }
  });

  it('decides less often the calmer it rides', () => {
    const changes = (calm: number) => {
      const path = Array.from({ length: 400 }, (_, n) => ride('bike-1', { seed: 7, startsAt: T, calm }).at(n).state);
      return path.filter((state, n) => n > 0 && state !== path[n - 1]).length;
    };
    expect(changes(1)).toBeGreaterThan(3 * changes(5));
  });

  it('rides over the edge of the service area and parks in between', () => {
    const path = Array.from({ length: 200 }, (_, n) => ride('bike-1', { seed: 7, startsAt: T, calm: 1 }).at(n));
    expect(path.some(({ state }) => state === 'available')).toBe(true);
    const reach = path.flatMap(({ lng }) => (lng === undefined ? [] : [Math.abs(lng - 4.905)]));
    expect(Math.max(...reach)).toBeGreaterThan(0.01);
    expect(Math.min(...reach)).toBeLessThan(0.01);
  });
});
