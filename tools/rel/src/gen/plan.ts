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
  /** Share of the heartbeats that are held back until one of the next two requests of their vehicles, and come last there. */
  readonly late: number;
  /** How calmly they ride: so many times as long for each way, trip and pause. 1: something is decided at nearly every heartbeat. */
  readonly calm: number;
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
  { seed, run, batch, dup, late, calm, startsAt }: PlanOptions,
): Generator<readonly RiddenHeartbeat[], void> {
  const rides = members.map((number) => ({
    count: countOf(number),
    path: ride(`rel-${seed}-${run}-${number}`, { seed: seed * 1_000_003 + number, startsAt, calm }),
  }));
  const random = seededRandom(seed * 7 + members[0]!);
  let heldBack: { readonly heartbeat: RiddenHeartbeat; readonly until: number }[] = [];
  let request: RiddenHeartbeat[] = [];
  let requests = 0;
  /** The held back ones whose time has come, as far as there is room. */
  const due = (room: number) => {
    const now = heldBack.filter(({ until }) => until <= requests).slice(0, room);
    heldBack = heldBack.filter((one) => !now.includes(one));
    return now.map(({ heartbeat }) => heartbeat);
  };
  let lastOnes = due(batch - 1);
  const longest = Math.max(...rides.map(({ count }) => count));
  for (let step = 0; step < longest; step += 1) {
    for (const { path, count } of rides) {
      if (step >= count) continue;
      const heartbeat = path.at(step);
      if (random() < late) heldBack.push({ heartbeat, until: requests + 1 + Math.floor(random() * 2) });
      else request.push(heartbeat);
      if (random() < dup) request.push(heartbeat);
      if (request.length + lastOnes.length < batch) continue;
      yield [...request, ...lastOnes];
      requests += 1;
      request = [];
      lastOnes = due(batch - 1);
    }
  }
  request.push(...lastOnes, ...heldBack.map(({ heartbeat }) => heartbeat));
  for (let from = 0; from < request.length; from += batch) yield request.slice(from, from + batch);
}
