import { seededRandom } from '../seeded-random';
import { ride, STEP_MS, type RiddenHeartbeat } from './ride';

/** What is to be sent. */
export interface PlanOptions {
  readonly seed: number;
  /** Which load of this rig it is: later ones have other vehicles. */
  readonly run: number;
  readonly n: number;
  readonly vehicles: number;
  /** Heartbeats per request. */
  readonly batch: number;
  /** Vehicles that share a request. */
  readonly spread: number;
  /** Share of the heartbeats that are sent twice. */
  readonly dup: number;
  /** Share of the heartbeats that are held back until a later request of their vehicle. */
  readonly late: number;
  /** The time of the first heartbeats, epoch milliseconds. */
  readonly startsAt: number;
}

/** The requests of one group of vehicles, in their order: the next is sent when the one before is acknowledged. */
export type Lane = Iterator<readonly RiddenHeartbeat[], void>;

/** How long the load lasts in event time, milliseconds. */
export function spanOf({ n, vehicles }: Pick<PlanOptions, 'n' | 'vehicles'>): number {
  return Math.ceil(n / vehicles) * STEP_MS;
}

/** One lane for each group of `spread` vehicles; together they carry `n` different heartbeats. The seed decides everything but the times. */
export function lanesOf(options: PlanOptions): Lane[] {
  const { n, vehicles, spread } = options;
  const lanes: Lane[] = [];
  for (let first = 0; first < vehicles; first += spread) {
    const members = Array.from({ length: Math.min(spread, vehicles - first) }, (_, i) => first + i);
    lanes.push(lane(members, (number) => Math.floor(n / vehicles) + (number < n % vehicles ? 1 : 0), options));
  }
  return lanes;
}

function* lane(
  members: readonly number[],
  countOf: (vehicle: number) => number,
  { seed, run, batch, dup, late, startsAt }: PlanOptions,
): Generator<readonly RiddenHeartbeat[], void> {
  const rides = members.map((number) => ({
    count: countOf(number),
    path: ride(`rel-${seed}-${run}-${number}`, seed * 1_000_003 + number, startsAt),
  }));
  const random = seededRandom(seed * 7 + members[0]!);
  const heldBack: RiddenHeartbeat[] = [];
  let request: RiddenHeartbeat[] = [];
  const longest = Math.max(...rides.map(({ count }) => count));
  for (let step = 0; step < longest; step += 1) {
    for (const { path, count } of rides) {
      if (step >= count) continue;
      const heartbeat = path.at(step);
      if (random() < late) heldBack.push(heartbeat);
      else request.push(heartbeat);
      if (random() < dup) request.push(heartbeat);
      if (request.length < batch) continue;
      yield request;
      request = heldBack.splice(0, batch - 1);
    }
  }
  request.push(...heldBack);
  for (let from = 0; from < request.length; from += batch) yield request.slice(from, from + batch);
}
