import { metresPerDegreeAt, shortWayRound, type Position } from '@corral/geo';

/**
 * How the fixes of a vehicle scatter: around which place, since when, and how widely. A bike that stands makes fixes around one
 * place, whatever its receiver says about their accuracy; one that rides leaves every such place behind. Times are epoch milliseconds.
 */
export interface Scatter {
  /** The mean of the fixes that belong together. */
  readonly lng: number;
  readonly lat: number;
  /** How many they are. */
  readonly fixes: number;
  /** The one with which they began. */
  readonly first: { readonly at: number; readonly lng: number; readonly lat: number };
  /** The first of them after which nothing was decided; none before the next fix. */
  readonly since?: number;
  /** The last of them. */
  readonly lastAt: number;
  /** The newest fix lies outside of them: an outlier, or the first one somewhere else. */
  readonly away: boolean;
  /** Nobody has yet looked back on whether the first fix told the truth. */
  readonly untested: boolean;
  /** The mean square of an error along one axis, and of the way between two fixes along one axis, m². */
  readonly noiseM2: number;
  readonly hopM2: number;
  /** From so many fixes the two are learned; no more than `LEARNED_FIXES` are counted. */
  readonly learned: number;
  /** Where it stood until a few fixes ago. */
  readonly left?: PlaceLeft;
  /** How often fixes have strayed from where it stands and come back, in sixteenths: what is long ago counts less. */
  readonly strays: number;
}

/** A place where a vehicle stood: the mean of how many fixes, and how many have come from elsewhere since. */
export interface PlaceLeft {
  readonly lng: number;
  readonly lat: number;
  readonly fixes: number;
  readonly goneFor: number;
}

/** A fix as far as it says where the vehicle is. */
export interface PlacedFix {
  readonly at: number;
  readonly lng: number;
  readonly lat: number;
  readonly accuracyM?: number;
}

/** More fixes than these in one place, and the vehicle stands there. */
export const STANDING_FIXES = 5;
/** After so many fixes in one place it is tested whether the very first fix told the truth. */
export const TESTED_FIXES = 24;

/** The scatter of one fix. Its accuracy is believed within bounds, and only until something better is known. */
export function startScatter({ at, lng, lat, accuracyM }: PlacedFix, noiseM: number): Scatter {
  const likelyM = accuracyM === undefined ? noiseM : Math.max(LEAST_ACCURACY_M, Math.min(accuracyM, MOST_ACCURACY_M));
  const noiseM2 = rounded(likelyM * likelyM);
  return {
    lng,
    lat,
    fixes: 1,
    first: { at, lng, lat },
    since: undefined,
    lastAt: at,
    away: false,
    untested: true,
    noiseM2,
    hopM2: noiseM2,
    learned: 0,
    left: undefined,
    strays: 0,
  };
}

/** The scatter with one more fix, which follows that position. Made for every report there is: field by field, in one shape. */
export function scatterWith(last: Scatter, from: Position, fix: PlacedFix): Scatter {
  const { xScale, yScale } = metresPerDegreeAt(fix.lat);
  const reach = Math.max(LEAST_REACH_M ** 2, REACH_SIGMAS ** 2 * last.noiseM2);
  const before = last.left === undefined ? last : backOrGone(last, last.left);
  const squared = squaredFrom(before);
  if (squared > reach) {
    // Of a vehicle that stands a single fix somewhere else says nothing; of one that rides every fix is somewhere else.
    if (stands(before) && !before.away) return { ...before, away: true };
    return {
      lng: fix.lng,
      lat: fix.lat,
      fixes: 1,
      first: { at: fix.at, lng: fix.lng, lat: fix.lat },
      since: fix.at,
      lastAt: fix.at,
      away: false,
      untested: false,
      noiseM2: before.noiseM2,
      hopM2: before.hopM2,
      learned: before.learned,
      left: stands(before) ? { lng: before.lng, lat: before.lat, fixes: before.fixes, goneFor: 2 } : before.left,
      strays: before.strays,
    };
  }
  const x = shortWayRound(fix.lng - before.lng) * xScale;
  const y = (fix.lat - before.lat) * yScale;
  const fixes = before.fixes < MOST_FIXES ? before.fixes + 1 : MOST_FIXES - COUNTED_AGAIN;
  const isBack = before.away || (last.left !== undefined && stands(before));
  const share = 1 / Math.min(fixes, MEAN_FIXES);
  const learned = fixes > STANDING_FIXES ? learn(before, squared, from, fix, xScale, yScale) : before;
  return {
    lng: shortWayRound(before.lng + (x * share) / xScale),
    lat: before.lat + (y * share) / yScale,
    fixes,
    first: before.first,
    since: before.since ?? fix.at,
    lastAt: fix.at,
    away: false,
    untested: before.untested && fixes <= TESTED_FIXES,
    noiseM2: learned.noiseM2,
    hopM2: learned.hopM2,
    learned: learned.learned,
    left: fixes < STANDING_FIXES ? before.left : undefined,
    strays: straysWith(before, fixes, isBack),
  };

  /** A vehicle that is back where it stood a few fixes ago has stood there all the time: the others were echoes. */
  function backOrGone(gone: Scatter, left: PlaceLeft): Scatter {
    if (squaredFrom(left) <= reach)
      return { ...gone, lng: left.lng, lat: left.lat, fixes: left.fixes, since: undefined, away: false };
    return { ...gone, left: left.goneFor < MOST_GONE ? { ...left, goneFor: left.goneFor + 1 } : undefined };
  }

  function squaredFrom({ lng, lat }: { readonly lng: number; readonly lat: number }): number {
    const eastM = shortWayRound(fix.lng - lng) * xScale;
    const northM = (fix.lat - lat) * yScale;
    return eastM * eastM + northM * northM;
  }
}

/** Are there enough fixes in one place to say that the vehicle stands there? */
export function stands({ fixes }: Scatter): boolean {
  return fixes >= STANDING_FIXES;
}

/** Is the newest fix one of many around the place where the vehicle stands? */
export function staysPut({ fixes, away }: Scatter): boolean {
  return fixes > STANDING_FIXES && !away;
}

/** Has the newest fix left the place of those before it for good? */
export function movedOn({ fixes }: Scatter): boolean {
  return fixes === 1;
}

/** How far is the position from where the vehicle stands, or stood until a few fixes ago, metres? `undefined`: it has not stood of late. */
export function leapM(scatter: Scatter, [lng, lat]: Position): number | undefined {
  if (scatter.left === undefined && !stands(scatter)) return undefined;
  const place = scatter.left ?? scatter;
  const { xScale, yScale } = metresPerDegreeAt(lat);
  return Math.hypot(shortWayRound(lng - place.lng) * xScale, (lat - place.lat) * yScale);
}

/** How far from the true place is a fix, along one axis and in the mean square, metres? */
export function noiseOfFixM(scatter: Scatter, accuracyM: number | undefined): number {
  const usualM = Math.sqrt(scatter.noiseM2);
  const likelyM = usualM * wildness(scatter);
  // A fix that says it is worse than the others is; how much worse, devices do not know.
  if (accuracyM === undefined) return likelyM;
  return likelyM * Math.max(1, Math.min(accuracyM / (WORSE_THAN_USUAL * usualM), MOST_WORSE));
}

/** How many times farther than its usual fixes tell may a fix be off? More than once where fixes often stray and come back. */
export function wildness({ strays }: Scatter): number {
  return Math.min(MOST_WILD, 1 + Math.max(0, strays - USUAL_STRAYS) * WILDER);
}

/**
 * How far from the true place is the mean, along one axis and in the mean square, metres? Errors of fixes that follow each other
 * resemble each other, the more so the shorter the way between them: then many fixes are worth few.
 */
export function noiseOfMeanM({ noiseM2, hopM2, fixes }: Scatter): number {
  const alike = Math.max(1, Math.min((4 * noiseM2 - hopM2) / hopM2, MOST_ALIKE));
  return Math.sqrt((noiseM2 * alike) / Math.min(fixes, MEAN_FIXES));
}

const LEAST_ACCURACY_M = 6;
const MOST_ACCURACY_M = 12;
const LEAST_NOISE_M2 = 4;
const MOST_NOISE_M2 = 400;
/** What lies within belongs together. */
const LEAST_REACH_M = 22;
const REACH_SIGMAS = 4;
/** The mean forgets what is older: 20 minutes at a fix each 5 s. */
const MEAN_FIXES = 240;
const MOST_FIXES = 65_535;
/** Beyond it they are counted again and again, so that whoever asks with every so many fixes goes on asking. */
const COUNTED_AGAIN = 1_023;
/** A stray counts so much, and of every so many fixes a sixteenth of all that counts is forgotten: it is halved in half an hour at a fix each 5 s. */
const A_STRAY = 16;
const FORGETS_EVERY = 32;
const FORGETS = 16;
const MOST_STRAYS = 255;
/** What echoes leave behind, and what each stray beyond means for the next fix. */
const USUAL_STRAYS = A_STRAY;
const WILDER = 0.2 / A_STRAY;
const MOST_WILD = 2;
/** A vehicle that was elsewhere for more fixes than these did go there. */
const MOST_GONE = 6;
const LEARNED_FIXES = 60;
/** So much is known before: the first fixes do not change it wildly. */
const PRIOR_FIXES = 10;
const OUTLIER_SIGMAS = 3;
const WORSE_THAN_USUAL = 2.5;
const MOST_WORSE = 1.5;
const MOST_ALIKE = 25;

function learn(
  before: Scatter,
  squared: number,
  [lng, lat]: Position,
  fix: PlacedFix,
  xScale: number,
  yScale: number,
): Pick<Scatter, 'noiseM2' | 'hopM2' | 'learned'> {
  const share = Math.max(1 / LEARNED_FIXES, 1 / (before.learned + PRIOR_FIXES));
  // One wild fix must not make all others look precise.
  const most = OUTLIER_SIGMAS ** 2 * before.noiseM2;
  const hopX = shortWayRound(fix.lng - lng) * xScale;
  const hopY = (fix.lat - lat) * yScale;
  const hop = hopX * hopX + hopY * hopY;
  const hopM2 = Math.max(
    LEAST_NOISE_M2 / MOST_ALIKE,
    before.hopM2 + share * (Math.min(hop, 4 * most) / 2 - before.hopM2),
  );
  const noiseM2 = before.noiseM2 + share * (Math.min(squared, 2 * most) / 2 - before.noiseM2);
  // Who walks stays near the mean of his last fixes for long. But errors that resemble each other more than errors do are a way.
  const mostM2 = Math.min(MOST_NOISE_M2, (hopM2 * (MOST_ALIKE + 1)) / 4);
  return {
    noiseM2: rounded(Math.max(LEAST_NOISE_M2, Math.min(noiseM2, mostM2))),
    hopM2: rounded(hopM2),
    learned: Math.min(before.learned + 1, LEARNED_FIXES),
  };
}

function straysWith({ strays }: Scatter, fixes: number, isBack: boolean): number {
  if (isBack) return Math.min(MOST_STRAYS, strays + A_STRAY);
  return fixes % FORGETS_EVERY === 0 ? strays - Math.ceil(strays / FORGETS) : strays;
}

// It is stored as a whole number of these, and must come back as it was.
function rounded(squareM: number): number {
  return Math.round(squareM * STORED_PARTS) / STORED_PARTS;
}

/** Of a square metre: a power of two, so that what is stored is exact. */
export const STORED_PARTS = 256;
