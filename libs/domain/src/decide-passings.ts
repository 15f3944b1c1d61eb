import { haversineM, type Position } from '@corral/geo';
import { crossedOn, timeOn, type HopQuestion, type Leg } from './decide-crossings';
import type { Fact } from './fact';
import { activeAt, zonesAt } from './rule';
import { movedOn, stands, wildness, type Scatter } from './scatter';
import type { ZoneStay } from './vehicle-line';

/** How a vehicle came to where it is. Times are epoch milliseconds. */
export interface CameFrom {
  /** The fix before. */
  readonly from: Position;
  readonly fromAt: number;
  /** The zones it was held to be in. */
  readonly before: readonly ZoneStay[];
  /** How its fixes scattered before the newest one, and with it. */
  readonly scatterBefore: Scatter | undefined;
  readonly scatter: Scatter | undefined;
}

/**
 * Which zones, of those that are decided on evidence, did the vehicle pass through without staying long enough to be held inside?
 * Asked when it has moved on from where it was, by the way from there over the fix between: so a fix that went astray crosses
 * nothing, and one fix inside of a narrow zone is no entering but a passage. Pushed onto `facts` as `crossed`, at the time of the
 * fix that shows it. Answers whether there were any, in zone ids.
 */
export function decidePassings(now: HopQuestion, way: CameFrom, facts: Fact[]): readonly string[] {
  const { set, at, position } = now;
  const { scatterBefore, scatter } = way;
  if (!scatter || !scatterBefore || !movedOn(scatter)) return NONE;
  const stood = stands(scatterBefore);
  const start: Position = stood
    ? [scatterBefore.lng, scatterBefore.lat]
    : [scatterBefore.first.lng, scatterBefore.first.lat];
  const startAt = stood ? scatterBefore.lastAt : scatterBefore.first.at;
  const legs = legsOver(start, startAt, now, way);
  if (!legs.every(isRideable)) return NONE;

  // Whoever leaves a place where he stood has crossed nothing that holds this place.
  const stoodIn = stood ? zonesAt(set, start, at) : undefined;
  const wanted = (index: number) => {
    return (
      !now.zones.includes(index) &&
      !stoodIn?.includes(index) &&
      !way.before.some(({ zoneId }) => zoneId === set.zoneIds[index]) &&
      set.quiet[index]!.profile === 'confirmed' &&
      activeAt(set.definition.zones[index]!, at)
    );
  };
  // A fix that strayed a little makes a corner: what only the way round it crosses is passed when the fix lies deep in it.
  const direct = stood && legs.length > 1 ? set.index.crossedBetween(start, position, wanted) : undefined;
  const isCorner = (index: number) =>
    direct !== undefined &&
    !direct.some((crossing) => crossing.index === index) &&
    set.index.distanceToEdgeM(index, way.from) < SURE_SIGMAS * Math.sqrt(scatter.noiseM2) * wildness(scatter);
  const passed = new Map<number, { enteredAt: number; exitedAt: number; leg: Leg; enter: number; exit: number }>();
  for (const leg of legs) {
    for (const { index, enter, exit } of set.index.crossedBetween(leg.from, leg.to, wanted)) {
      if (isCorner(index)) continue;
      const enteredAt = passed.get(index)?.enteredAt ?? timeOn(leg, enter);
      passed.set(index, { enteredAt, exitedAt: timeOn(leg, exit), leg, enter, exit });
    }
  }
  for (const [index, seen] of passed) facts.push(crossedOn(now, index, seen));
  return [...passed.keys()].map((index) => set.zoneIds[index]!);
}

const NONE: readonly string[] = [];

function legsOver(
  start: Position,
  startAt: number,
  { position, at }: HopQuestion,
  { from, fromAt }: CameFrom,
): readonly Leg[] {
  const last = { from, fromAt, to: position, toAt: at };
  const isStart = start[0] === from[0] && start[1] === from[1];
  return isStart || startAt >= fromAt ? [last] : [{ from: start, fromAt: startAt, to: from, toAt: fromAt }, last];
}

/** An error is hardly ever so large. */
const SURE_SIGMAS = 3;

/** Faster rides nobody who is to be judged: 108 km/h. */
const FASTEST_MPS = 30;

function isRideable({ from, to, fromAt, toAt }: Leg): boolean {
  return haversineM(from, to) <= (FASTEST_MPS * (toAt - fromAt)) / 1_000;
}
