import type { ByteReader } from './byte-reader';
import type { ByteWriter } from './byte-writer';
import { isRound, readDegrees, writePosition } from './pack-position';
import { STORED_PARTS, type PlaceLeft, type Scatter } from './scatter';
import { EVIDENCE_PARTS, type EvidenceRun, type ZoneEvidence } from './weigh-zone';

/** Writes how fixes scatter, up to 81 bytes; `at` is the time of the line. */
export function writeScatter(to: ByteWriter, at: number, scatter: Scatter): void {
  const { lng, lat, fixes, first, since, lastAt, noiseM2, hopM2, left, strays } = scatter;
  const firstRoundly = isRound(first.lng) && isRound(first.lat);
  // Of one fix the mean is the fix.
  const alone = lng === first.lng && lat === first.lat;
  to.byte(
    (scatter.away ? AWAY : 0) |
      (scatter.untested ? UNTESTED : 0) |
      (since === undefined ? 0 : SINCE) |
      (firstRoundly ? ROUNDLY : 0) |
      (alone ? ALONE : 0) |
      (left === undefined ? 0 : LEFT) |
      (strays === 0 ? 0 : STRAYS),
  );
  to.whole(fixes);
  to.whole(at - first.at);
  writePosition(to, first.lng, first.lat, firstRoundly);
  if (!alone) writePosition(to, lng, lat, false);
  if (since !== undefined) to.whole(at - since);
  to.whole(at - lastAt);
  to.whole(noiseM2 * STORED_PARTS);
  to.whole(hopM2 * STORED_PARTS);
  to.byte(scatter.learned);
  if (strays > 0) to.byte(strays);
  if (left === undefined) return;
  writePosition(to, left.lng, left.lat, false);
  to.whole(left.fixes);
  to.byte(left.goneFor);
}

/** Reads what `writeScatter` wrote. */
export function readScatter(from: ByteReader, at: number): Scatter {
  const flags = from.byte();
  const fixes = from.whole();
  const firstAt = at - from.whole();
  const roundly = (flags & ROUNDLY) !== 0;
  const first = { at: firstAt, lng: readDegrees(from, roundly), lat: readDegrees(from, roundly) };
  const alone = (flags & ALONE) !== 0;
  const lng = alone ? first.lng : readDegrees(from, false);
  const lat = alone ? first.lat : readDegrees(from, false);
  const since = flags & SINCE ? at - from.whole() : undefined;
  const lastAt = at - from.whole();
  const noiseM2 = from.whole() / STORED_PARTS;
  const hopM2 = from.whole() / STORED_PARTS;
  const learned = from.byte();
  // What was written before strays were counted has none.
  const strays = flags & STRAYS ? from.byte() : 0;
  const left = flags & LEFT ? readLeft(from) : undefined;
  const [away, untested] = [(flags & AWAY) !== 0, (flags & UNTESTED) !== 0];
  return { lng, lat, fixes, first, since, lastAt, away, untested, noiseM2, hopM2, learned, left, strays };
}

function readLeft(from: ByteReader): PlaceLeft {
  const lng = readDegrees(from, false);
  const lat = readDegrees(from, false);
  return { lng, lat, fixes: from.whole(), goneFor: from.byte() };
}

const AWAY = 1;
const UNTESTED = 2;
const SINCE = 4;
const ROUNDLY = 8;
const ALONE = 16;
const LEFT = 32;
const STRAYS = 64;

/** Writes the evidence about zones, up to 32 bytes for each; texts stand in a table kept elsewhere, `place` answers where. */
export function writeEvidence(
  to: ByteWriter,
  at: number,
  evidence: readonly ZoneEvidence[],
  place: (text: string) => number,
): void {
  to.whole(evidence.length);
  for (const { zoneId, score, fixes, run } of evidence) {
    to.whole(place(zoneId));
    to.whole(score * EVIDENCE_PARTS);
    to.byte(fixes);
    const roundly = run !== undefined && isRound(run.lng) && isRound(run.lat);
    to.byte((run ? RUN : 0) | (run?.reached ? REACHED : 0) | (roundly ? ROUNDLY : 0));
    if (!run) continue;
    to.whole(at - run.since);
    writePosition(to, run.lng, run.lat, roundly);
    if (!run.reached) continue;
    to.whole(run.reached.depthM * EVIDENCE_PARTS);
    to.whole(at - run.reached.at);
  }
}

/** Reads what `writeEvidence` wrote. */
export function readEvidence(from: ByteReader, at: number, texts: readonly string[]): readonly ZoneEvidence[] {
  const evidence: ZoneEvidence[] = [];
  for (let left = from.whole(); left > 0; left -= 1) {
    const zoneId = texts[from.whole()]!;
    const score = from.whole() / EVIDENCE_PARTS;
    const fixes = from.byte();
    const flags = from.byte();
    evidence.push({ zoneId, score, fixes, run: flags & RUN ? readRun(from, at, flags) : undefined });
  }
  return evidence;
}

function readRun(from: ByteReader, at: number, flags: number): EvidenceRun {
  const since = at - from.whole();
  const roundly = (flags & ROUNDLY) !== 0;
  const lng = readDegrees(from, roundly);
  const lat = readDegrees(from, roundly);
  if (!(flags & REACHED)) return { since, lng, lat, reached: undefined };
  const depthM = from.whole() / EVIDENCE_PARTS;
  return { since, lng, lat, reached: { depthM, at: at - from.whole() } };
}

const RUN = 1;
const REACHED = 2;
