import type { Fact, QuietProfile } from '@corral/domain';
import { createStreet, type Vehicle } from './street';
import { createDice, createErrors, type AccuracyTold, type Weather } from './weather';

/** How long is parked and how often is ridden out, and what the dice begin with. */
export interface QuietOptions {
  readonly days: number;
  readonly exits: number;
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** A vehicle that stood: how many events it made a day that were none. `insideM`: negative outside. */
export interface ParkedCell {
  readonly profile: QuietProfile;
  readonly weather: Weather;
  readonly everyS: number;
  readonly insideM: number;
  readonly days: number;
  readonly falseEventsPerDay: number;
}

/** Vehicles that rode out: how many of them were seen to, and how long after the edge that was known, seconds. */
export interface ExitCell {
  readonly profile: QuietProfile;
  readonly weather: Weather;
  readonly from: 'parked 5 m inside' | 'riding';
  readonly speedMps: number;
  readonly speedTold: boolean;
  readonly exits: number;
  readonly found: number;
  readonly p50S: number;
  readonly p95S: number;
}

/** All that was measured. */
export interface QuietFigures {
  readonly seed: number;
  readonly parked: readonly ParkedCell[];
  readonly exits: readonly ExitCell[];
}

const PROFILES: readonly QuietProfile[] = ['immediate', 'confirmed'];
const INSIDE_M = [20, 10, 5, 2, 0, -2, -5, -10, -20];
const SIGMAS_M = [3, 8, 15];
const CORRELATIONS = [0, 0.5, 0.9];
const ACCURACIES: readonly AccuracyTold[] = ['honest', 'missing', 'dishonest'];
const SPEEDS_MPS = [3, 5, 7];
const EVERY_S = 5;
const DAY_S = 86_400;
/** What is counted is what a parked vehicle makes: when it was first seen is over by then. */
const WARM_UP_S = 900;
/** The promise is about this cell: it gets more days. */
const MORE_DAYS = 5;

/** Parks and rides vehicles under both profiles in every weather; each cell has dice of its own, the same for both profiles. */
export function benchQuiet(options: QuietOptions): QuietFigures {
  const parked: ParkedCell[] = [];
  const exits: ExitCell[] = [];
  let cell = 0;
  const weathers = allWeathers();
  for (const [done, { weather, everyS }] of weathers.entries()) {
    for (const insideM of INSIDE_M) {
      cell += 1;
      const days = isPromised(weather, everyS, insideM) ? options.days * MORE_DAYS : options.days;
      for (const profile of PROFILES) {
        const falseEventsPerDay = park(profile, weather, everyS, insideM, days, options.seed + 7_919 * cell);
        parked.push({ profile, weather, everyS, insideM, days, falseEventsPerDay });
      }
    }
    options.say(`parked: ${done + 1} of ${weathers.length} kinds of weather`);
  }
  for (const sigmaM of SIGMAS_M) {
    for (const correlation of CORRELATIONS) {
      for (const accuracy of ACCURACIES) {
        const weather: Weather = { sigmaM, correlation, accuracy, jumps: false };
        for (const from of ['parked 5 m inside', 'riding'] as const) {
          for (const speedMps of SPEEDS_MPS) {
            for (const speedTold of [false, true]) {
              cell += 1;
              for (const profile of PROFILES)
                exits.push(rideOut({ profile, weather, from, speedMps, speedTold }, options, cell));
            }
          }
        }
      }
    }
    options.say(`rode out with errors of ${sigmaM} m`);
  }
  return { seed: options.seed, parked, exits };
}

/** Is it the cell of the promise: 5 m inside or outside, errors of 8 m, half correlated? */
export function isPromised(
  { sigmaM, correlation, accuracy, jumps, heavyTails }: Weather,
  everyS: number,
  insideM: number,
) {
  const usual = sigmaM === 8 && correlation === 0.5 && accuracy !== 'dishonest' && !jumps && !heavyTails;
  return usual && everyS === EVERY_S && Math.abs(insideM) === 5;
}

function allWeathers(): { weather: Weather; everyS: number }[] {
  const all: { weather: Weather; everyS: number }[] = [];
  for (const jumps of [false, true])
    for (const accuracy of ACCURACIES)
      for (const correlation of CORRELATIONS)
        for (const sigmaM of SIGMAS_M) all.push({ weather: { sigmaM, correlation, accuracy, jumps }, everyS: EVERY_S });
  for (const correlation of CORRELATIONS) {
    const weather: Weather = { sigmaM: 8, correlation, accuracy: 'missing', jumps: false };
    all.push({ weather: { ...weather, heavyTails: true }, everyS: EVERY_S });
    all.push({ weather: { ...weather, jumps: true }, everyS: 60 });
    all.push({ weather: { ...weather, jumps: true }, everyS: 300 });
  }
  return all;
}

function park(
  profile: QuietProfile,
  weather: Weather,
  everyS: number,
  insideM: number,
  days: number,
  seed: number,
): number {
  const errors = createErrors(weather, createDice(seed));
  const vehicle = streetOf(profile)();
  let events = 0;
  for (let second = 0; second < WARM_UP_S + days * DAY_S; second += everyS) {
    const { eastM, northM, accuracyM } = errors();
    const facts = vehicle({ second, eastM: eastM - insideM, northM, accuracyM });
    if (second >= WARM_UP_S) events += facts.filter(isEvent).length;
  }
  return events / days;
}

type Ride = Pick<ExitCell, 'profile' | 'weather' | 'from' | 'speedMps' | 'speedTold'>;

function rideOut(ride: Ride, { exits, seed }: QuietOptions, cell: number): ExitCell {
  const delays: number[] = [];
  for (let i = 0; i < exits; i += 1) {
    const delay = delayOf(ride, seed + 104_729 * cell + 15_485_863 * i);
    if (delay !== undefined) delays.push(delay);
  }
  delays.sort((a, b) => a - b);
  const quantile = (share: number) => delays[Math.ceil(share * delays.length) - 1] ?? NaN;
  return { ...ride, exits, found: delays.length, p50S: quantile(0.5), p95S: quantile(0.95) };
}

const STANDS_S = 600;
const RIDES_S = 180;

/** After how many seconds beyond the edge is the exit known? It was first seen deep inside. */
function delayOf({ profile, weather, from, speedMps, speedTold }: Ride, seed: number): number | undefined {
  const dice = createDice(seed);
  const errors = createErrors(weather, dice);
  const vehicle = streetOf(profile)();
  const startsM = from === 'riding' ? -200 : -5;
  const leavesAt = STANDS_S + EVERY_S * dice();
  const crossesAt = leavesAt - startsM / speedMps;
  let inside = true;
  let knownAt: number | undefined;
  for (let second = 0; second < crossesAt + RIDES_S; second += EVERY_S) {
    const riding = second > leavesAt;
    const { eastM, northM, accuracyM } = errors();
    const trueM = second < 30 ? Math.min(startsM, -60) : riding ? startsM + speedMps * (second - leavesAt) : startsM;
    const told = riding ? speedMps : 0;
    const facts = vehicle({ second, eastM: trueM + eastM, northM, accuracyM, speedMps: speedTold ? told : undefined });
    for (const fact of facts.filter(isEvent)) {
      inside = fact.kind === 'entered';
      if (!inside) knownAt = second;
    }
  }
  return inside || knownAt === undefined ? undefined : Math.max(0, knownAt - crossesAt);
}

function isEvent(fact: Fact): fact is Extract<Fact, { type: 'geofence_event' }> {
  return fact.type === 'geofence_event';
}

const streets = new Map<QuietProfile, () => Vehicle>();

function streetOf(profile: QuietProfile): () => Vehicle {
  const street = streets.get(profile) ?? createStreet(profile);
  streets.set(profile, street);
  return street;
}
