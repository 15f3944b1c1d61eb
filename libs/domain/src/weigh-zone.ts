import type { Position } from '@corral/geo';
import { leapM, noiseOfFixM, staysPut, wildness, type Scatter } from './scatter';

/**
 * What speaks for a vehicle having changed sides of one zone, gathered over its last fixes. A run is the fixes in a row that lie on
 * the other side. Times are epoch milliseconds.
 */
export interface ZoneEvidence {
  readonly zoneId: string;
  /** In standard deviations, less those that mere error would gather. */
  readonly score: number;
  /** How many fixes of the run count. */
  readonly fixes: number;
  /** The first fix of the run: when and where. None while the newest fix is on the side where the vehicle is held to be. */
  readonly run?: EvidenceRun;
}

/** Fixes in a row on the other side. */
export interface EvidenceRun {
  readonly since: number;
  readonly lng: number;
  readonly lat: number;
  /** How far beyond the edge it was when it last got farther, metres, and when. */
  readonly reached?: { readonly depthM: number; readonly at: number };
}

/** A fix as seen from one zone. */
export interface SeenFix {
  readonly zoneId: string;
  readonly position: Position;
  readonly at: number;
  /** Since the fix before, ms. */
  readonly sinceLastMs: number;
  readonly accuracyM?: number;
  readonly speedMps?: number;
  /** How far beyond the edge, on the other side than the vehicle is held to be; negative on this one. Metres. */
  readonly depthM: number;
  readonly scatter: Scatter;
  readonly marginM: number;
}

/**
 * What is the evidence with one more fix? `undefined`: there is none any more.
 *
 * A sequential test of the kind of a CUSUM (Page 1954), with three things that errors of position ask for. A fix counts by how many
 * standard deviations it lies beyond the edge, as learned from the vehicle's own fixes. A vehicle that stands and whose fix is among
 * the others around it gathers next to nothing, however long errors that resemble each other keep it on one side. And of fixes in
 * one place far away only the first counts fully, unless the vehicle gets on: an echo holds still, a ride does not.
 */
export function weighZone(before: ZoneEvidence | undefined, fix: SeenFix): ZoneEvidence | undefined {
  const { zoneId, scatter, depthM } = fix;
  const noiseM = noiseOfFixM(scatter, fix.accuracyM);
  const z = (depthM - fix.marginM) / noiseM - USUAL_SIGMAS;
  const weight = Math.min(1, fix.sinceLastMs / USUAL_MS);
  const beyond = depthM > 0;
  const run = beyond ? (before?.run ?? newRun(fix)) : undefined;
  const score = before?.score ?? 0;
  const fixes = run && before?.run ? before.fixes : 0;

  if (staysPut(scatter)) {
    const left = beyond
      ? Math.min(MOST_STANDING, Math.max(0, score * KEPT_STANDING ** weight + GAINED_STANDING * weight * z))
      : Math.max(0, Math.min(score, MOST_STANDING) - MOST_BACK * weight);
    return made(zoneId, left, left > 0 && run ? 1 : 0, run && { ...run, reached: farthest(run.reached, fix) });
  }
  if (z <= 0) return made(zoneId, Math.max(0, score + Math.max(z, -MOST_BACK) * weight), fixes, run);

  const reached = { depthM: rounded(depthM), at: fix.at };
  if (!run!.reached) {
    const most = MOST_FIRST + (MOST_OF_ONE - MOST_FIRST) * Math.min(1, score);
    return made(zoneId, score + Math.min(z, most) * weight, fixes + 1, { ...run!, reached });
  }
  const further = furtherBy(depthM - run!.reached.depthM, fix);
  if (further === 'leap') return made(zoneId, Math.min(z, MOST_FIRST) * weight, fixes + 1, { ...run!, reached });
  // Reports that are far apart are worth more: no echo lasts for minutes.
  const still = weight * Math.max(HOLDING_STILL, Math.min((HOLDING_STILL * fix.sinceLastMs) / USUAL_MS, 1));
  const gotOn = further * Math.min(1, (fix.at - run!.reached.at) / USUAL_MS);
  const gained = Math.min(z, MOST_OF_NEXT) * Math.max(still, gotOn);
  return made(zoneId, score + gained, fixes + 1, further > 0 ? { ...run!, reached } : run);
}

/**
 * Does the vehicle get on, when this fix lies so many metres deeper than the deepest so far? From 0, no more than errors explain, to 1.
 * An echo holds still where it leapt to: the farther from where the vehicle stood, the more it must have got on. And who rides off is
 * not at once many times as far from there as with the fix before: that is a `leap`, with which a run begins anew.
 */
function furtherBy(metres: number, { scatter, position, speedMps, sinceLastMs }: SeenFix): number | 'leap' {
  if (speedMps !== undefined && speedMps >= MOVING_MPS) return 1;
  const fromPlaceM = leapM(scatter, position) ?? 0;
  const hopM = Math.max(Math.sqrt(scatter.hopM2) * wildness(scatter), OF_LEAP * fromPlaceM);
  const share = Math.max(0, Math.min((metres / hopM - FEWEST_HOPS) / (ENOUGH_HOPS - FEWEST_HOPS), 1));
  if (fromPlaceM === 0 || share === 0) return share;
  const mostM = MOST_TIMES * Math.max(1, sinceLastMs / USUAL_MS) * Math.max(1, fromPlaceM - metres);
  const isTooFast = scatter.away && fromPlaceM > (RIDES_OFF_MPS * sinceLastMs) / 1_000;
  return metres > mostM || isTooFast ? 'leap' : share;
}

function farthest(reached: EvidenceRun['reached'], { depthM, at }: SeenFix): EvidenceRun['reached'] {
  return { depthM: rounded(Math.max(depthM, reached?.depthM ?? 0)), at };
}

/** Is that enough? No single fix ever is. */
export function confirms({ score, fixes, run }: ZoneEvidence, confirmAt: number): boolean {
  return run !== undefined && fixes >= 2 && score >= confirmAt;
}

/** Errors gather this much, in standard deviations a fix. */
const USUAL_SIGMAS = 0.5;
/** At so many ms between fixes one is worth one; those that come faster resemble each other. */
const USUAL_MS = 5_000;
const MOST_FIRST = 2;
const MOST_OF_ONE = 3;
const MOST_OF_NEXT = 3.5;
const MOST_BACK = 2;
const MOST_STANDING = 1.5;
const KEPT_STANDING = 0.3;
const GAINED_STANDING = 0.75;
const HOLDING_STILL = 0.12;
/** Of the ways that errors alone make between two fixes: with fewer it holds still, with more it surely gets on. */
const FEWEST_HOPS = 0.6;
const ENOUGH_HOPS = 2;
/** So much of the way from where the vehicle stood is one such way at least. */
const OF_LEAP = 0.15;
/** In the usual time between fixes nobody gets so many times as far as he has come. */
const MOST_TIMES = 3;
/** Nor does anybody ride off faster. */
const RIDES_OFF_MPS = 16;
const MOVING_MPS = 2;

function newRun({ at, position: [lng, lat] }: SeenFix): EvidenceRun {
  return { since: at, lng, lat };
}

function made(zoneId: string, score: number, fixes: number, run: EvidenceRun | undefined): ZoneEvidence | undefined {
  const kept = rounded(Math.min(score, MOST_KEPT));
  return kept === 0 && !run ? undefined : { zoneId, score: kept, fixes: Math.min(fixes, MOST_FIXES), run };
}

// They are stored as whole numbers of these, and must come back as they were.
function rounded(value: number): number {
  return Math.round(value * EVIDENCE_PARTS) / EVIDENCE_PARTS;
}

/** A power of two, so that what is stored is exact. */
export const EVIDENCE_PARTS = 64;
/** No threshold is higher. */
const MOST_KEPT = 100;
const MOST_FIXES = 255;
