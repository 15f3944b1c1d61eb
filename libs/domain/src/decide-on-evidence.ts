import type { Position } from '@corral/geo';
import { areZonesOf } from './are-zones-of';
import type { ZoneQuestion, ZonesDecided } from './decide-zones';
import type { Fact } from './fact';
import { normalProbability } from './normal-probability';
import { activeAt, zonesAt } from './rule';
import { noiseOfFixM, noiseOfMeanM, staysPut, TESTED_FIXES, type Scatter } from './scatter';
import type { ZoneStay } from './vehicle-line';
import { confirms, weighZone, type ZoneEvidence } from './weigh-zone';
import { eventOf, type SidesChanged } from './zone-event';

/**
 * `decideZones` for a set with zones of profile `confirmed`. What speaks for having changed sides is weighed fix by fix while the
 * vehicle moves (`weighZone`), and by the mean of all fixes in one place while it stands: then even one metre is certain some time.
 * At once, on the best there is, it is decided when a zone appears or changes, when a trip starts or ends, and on the first fix.
 */
export function decideOnEvidence(before: ZonesDecided, now: ZoneQuestion, facts: Fact[]): ZonesDecided {
  const { zones, set } = now;
  const scatter = now.scatter;
  const looksBack = now.fix !== undefined && scatter !== undefined && staysPut(scatter) && isDue(scatter);
  if (
    before.evidence === undefined &&
    !looksBack &&
    !now.mustDecide &&
    now.cause === 'moved' &&
    areZonesOf(before.zones, now.zones, set)
  )
    return before;

  const best = now.mustDecide || now.cause === 'zone_changed' ? bestPlace(now) : undefined;
  const meanZones = looksBack ? zonesAt(set, [scatter.lng, scatter.lat], now.at) : undefined;
  const changed: { zoneId: string; entered: boolean; said: SidesChanged }[] = [];
  const evidence: ZoneEvidence[] = [];
  const decideOne = (zoneId: string): void => {
    const held = before.zones.some((stay) => stay.zoneId === zoneId);
    const weighed = before.evidence?.find((one) => one.zoneId === zoneId);
    const decision = decideZone(now, { zoneId, held, weighed, best, meanZones });
    if (decision.kind === 'changed') changed.push({ zoneId, entered: !held, said: decision.said });
    else if (decision.evidence) evidence.push(decision.evidence);
  };

  const asked = new Set<string>();
  for (const { zoneId } of before.zones) asked.add(zoneId);
  for (const { zoneId } of before.evidence ?? []) asked.add(zoneId);
  for (const zone of zones) asked.add(set.zoneIds[zone]!);
  for (const zone of best?.zones ?? []) asked.add(set.zoneIds[zone]!);
  for (const zone of meanZones ?? []) asked.add(set.zoneIds[zone]!);
  for (const zoneId of asked) decideOne(zoneId);

  const kept = evidenceToKeep(before.evidence, evidence);
  if (changed.length === 0) return kept === before.evidence ? before : { zones: before.zones, evidence: kept };
  return { zones: tell(before.zones, changed, now, facts), evidence: kept };
}

interface ZoneCase {
  readonly zoneId: string;
  /** The vehicle is held to be inside. */
  readonly held: boolean;
  readonly weighed: ZoneEvidence | undefined;
  readonly best: BestPlace | undefined;
  readonly meanZones: readonly number[] | undefined;
}

type ZoneDecision =
  | { readonly kind: 'changed'; readonly said: SidesChanged }
  | { readonly kind: 'kept'; readonly evidence?: ZoneEvidence };

function decideZone(now: ZoneQuestion, { zoneId, held, weighed, best, meanZones }: ZoneCase): ZoneDecision {
  const { set, at, position, scatter, fix } = now;
  const index = set.positionOf.get(zoneId);
  if (index === undefined || !activeAt(set.definition.zones[index]!, at))
    return held ? { kind: 'changed', said: { at, position, confidence: 1 } } : NOTHING_KEPT;

  const inside = now.zones.includes(index);
  if (set.quiet[index]!.profile === 'immediate')
    return inside === held ? NOTHING_KEPT : { kind: 'changed', said: { at, position, confidence: 1 } };
  if (now.cause === 'first_fix' || now.setBefore === undefined)
    return inside === held ? NOTHING_KEPT : changedTo(index, position, noiseHere(now), now);
  if (now.cause === 'zone_changed' && isUnchanged(now, zoneId, index)) return { kind: 'kept', evidence: weighed };
  if (best) {
    if (best.zones.includes(index) === held) return NOTHING_KEPT;
    return changedTo(index, best.position, best.noiseM, now, weighed?.run?.since);
  }
  if (!fix || !scatter) return { kind: 'kept', evidence: weighed };

  if (meanZones && meanZones.includes(index) !== held) {
    const mean: Position = [scatter.lng, scatter.lat];
    const noiseM = noiseOfMeanM(scatter);
    const depthM = set.index.distanceToEdgeM(index, mean);
    const isFirstTest = scatter.untested && scatter.fixes === TESTED_FIXES;
    if (isFirstTest || depthM > Math.max(LEAST_SIGMAS * Math.sqrt(scatter.noiseM2), SURE_SIGMAS * noiseM)) {
      return changedTo(index, mean, noiseM, now, scatter.since);
    }
  }
  if (inside === held && !weighed) return NOTHING_KEPT;

  const edgeM = set.index.distanceToEdgeM(index, position);
  const depthM = inside === held ? -edgeM : edgeM;
  const { confirmAt, marginM } = set.quiet[index]!;
  const after = weighZone(weighed, { ...fix, zoneId, position, at, depthM, scatter, marginM });
  if (after && confirms(after, confirmAt)) {
    const { since, lng, lat } = after.run!;
    const confidence = normalProbability(depthM / noiseOfFixM(scatter, fix.accuracyM));
    return { kind: 'changed', said: { at: since, position: [lng, lat], confidence } };
  }
  return after ? { kind: 'kept', evidence: after } : NOTHING_KEPT;
}

const NOTHING_KEPT: ZoneDecision = { kind: 'kept' };

/** The mean tells sides apart beyond three of its standard deviations, and never within a quarter of a fix's. */
const SURE_SIGMAS = 3;
const LEAST_SIGMAS = 0.25;
/** A mean changes slowly: it is asked with every so many fixes. */
const MEAN_EVERY = 8;

function isDue({ fixes }: Scatter): boolean {
  return fixes % MEAN_EVERY === 0;
}

/** The best that is known of where a vehicle is. */
interface BestPlace {
  readonly position: Position;
  readonly zones: readonly number[];
  readonly noiseM: number;
}

function bestPlace(now: ZoneQuestion): BestPlace {
  const { scatter, set, at } = now;
  if (!scatter || !staysPut(scatter)) return { position: now.position, zones: now.zones, noiseM: noiseHere(now) };
  const position: Position = [scatter.lng, scatter.lat];
  return { position, zones: zonesAt(set, position, at), noiseM: noiseOfMeanM(scatter) };
}

function noiseHere({ scatter, fix }: ZoneQuestion): number {
  return scatter ? noiseOfFixM(scatter, fix?.accuracyM) : 0;
}

function changedTo(
  index: number,
  position: Position,
  noiseM: number,
  { set, at }: ZoneQuestion,
  since = at,
): ZoneDecision {
  const confidence = normalProbability(set.index.distanceToEdgeM(index, position) / noiseM);
  return { kind: 'changed', said: { at: since, position, confidence } };
}

/** Is the zone what it was at the decision before, and did it count then? */
function isUnchanged({ set, setBefore, at }: ZoneQuestion, zoneId: string, index: number): boolean {
  if (set.definition.zones[index]!.start === at) return false;
  const earlier = setBefore?.positionOf.get(zoneId);
  if (earlier === undefined) return false;
  return setBefore === set || setBefore!.fingerprints[earlier] === set.fingerprints[index];
}

/** Of too much the most telling. Answers the very list given if nothing of it changed. */
function evidenceToKeep(
  before: readonly ZoneEvidence[] | undefined,
  now: readonly ZoneEvidence[],
): readonly ZoneEvidence[] | undefined {
  if (now.length === 0) return undefined;
  if (before?.length === now.length && now.every((one, i) => one === before[i])) return before;
  if (now.length <= MOST_EVIDENCE) return now;
  const least = [...now].sort((a, b) => b.score - a.score)[MOST_EVIDENCE - 1]!.score;
  return now.filter(({ score }) => score >= least).slice(0, MOST_EVIDENCE);
}

/** At the edges of so many zones at a time evidence is gathered. */
const MOST_EVIDENCE = 6;

function tell(
  before: readonly ZoneStay[],
  changed: readonly { zoneId: string; entered: boolean; said: SidesChanged }[],
  now: ZoneQuestion,
  facts: Fact[],
): readonly ZoneStay[] {
  const place = (zoneId: string) => now.set.positionOf.get(zoneId) ?? -1;
  const inOrder = [...changed].sort((a, b) => place(a.zoneId) - place(b.zoneId));
  for (const { zoneId, entered, said } of inOrder) if (!entered) facts.push(eventOf(now, 'exited', zoneId, said));
  const stays = before.filter(({ zoneId }) => !changed.some((one) => one.zoneId === zoneId));
  for (const { zoneId, entered, said } of inOrder) {
    if (!entered) continue;
    facts.push(eventOf(now, 'entered', zoneId, said));
    stays.push({ zoneId, since: said.at });
  }
  return stays.sort((a, b) => place(a.zoneId) - place(b.zoneId));
}
