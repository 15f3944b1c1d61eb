import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { GeofenceEvent } from './fact';
import { parseTime } from './parse-time';
import type { QuietProfile } from './quiet';
import type { Report } from './report';
import { step } from './step';
import { aReport, aSchedule, aZoneSet, movedBy } from './testing';
import type { VehicleMemory } from './vehicle-memory';
import type { Zone } from './zone-set';

// A relative name starts at the root of the repository, wherever the tests are started.
const named = process.env.CORRAL_SAMPLES;
const SAMPLES = named && resolve(__dirname, '../../..', named);
if (!SAMPLES && process.env.CI) throw new Error('CORRAL_SAMPLES must name the folder of samples in CI');
if (!SAMPLES) console.warn('CORRAL_SAMPLES is not set: the ways of real people are left out');
const withSamples = SAMPLES ? describe : describe.skip;

/** When somebody was in a zone: from, and to (not yet over: for ever). */
interface Stay {
  readonly zoneId: string;
  readonly from: number;
  readonly to: number;
}

withSamples('two people who walk, cycle and ride in Beijing, among zones of 23 corners on their way', () => {
  it.each(['000', '002'])(
    '%s: whoever is seen in a zone two dozen times is held to be there, nobody else is, and less is told',
    (who) => {
      const track = readTrack(who);
      const zones = zonesOn(track);
      const [immediate, confirmed] = (['immediate', 'confirmed'] as const).map((profile) =>
        replay(track, zones, profile),
      );
      const [seen, held] = [staysOf(immediate!), staysOf(confirmed!)];
      // Two dozen fixes are two minutes; a stay with fewer is a gap, or a way along the edge.
      const long = seen.filter(({ from, to }) => track.filter(({ at }) => at >= from && at < to).length >= 24);
      expect(long.length).toBeGreaterThanOrEqual(zones.length);
      expect(long.filter((stay) => !held.some((one) => overlap(one, stay)))).toEqual([]);
      expect(held.filter((stay) => !seen.some((one) => overlap(one, stay)))).toEqual([]);
      expect(confirmed!.length).toBeLessThan(immediate!.length);
      console.info(
        `${who}: ${track.length} fixes, ${zones.length} zones; ${immediate!.length} events → ${confirmed!.length}`,
      );
    },
  );
});

function readTrack(who: string): Report[] {
  const lines = readFileSync(join(SAMPLES!, 'geolife', `${who}.ndjson`), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const { measuredAt, lat, lng } = JSON.parse(line) as { measuredAt: string; lat: number; lng: number };
      const at = parseTime(measuredAt);
      if (at === undefined) throw new Error(`no time: ${measuredAt}`);
      return aReport({ at, lat, lng });
    });
}

/** Twelve zones of 200 m around places of the way. */
function zonesOn(track: readonly Report[]): Partial<Zone>[] {
  return Array.from({ length: 12 }, (_, n) => {
    const { lng, lat } = track[Math.floor(((n + 0.5) * track.length) / 12)]!;
    const corners = Array.from({ length: 23 }, (_, i) => {
      const angle = (2 * Math.PI * i) / 23;
      const corner = movedBy(lng!, lat!, 200 * Math.cos(angle), 200 * Math.sin(angle));
      return [corner.lng, corner.lat] as const;
    });
    return { zoneId: `zone-${n}`, geometry: { type: 'Polygon', coordinates: [[...corners, corners[0]!]] } };
  });
}

function replay(track: readonly Report[], zones: readonly Partial<Zone>[], profile: QuietProfile): GeofenceEvent[] {
  const schedule = aSchedule(aZoneSet({ profile, zones }));
  const told: GeofenceEvent[] = [];
  let memory: VehicleMemory | undefined;
  for (const report of track) {
    const result = step(memory, report, schedule);
    memory = result.memory;
    told.push(...(result.told as GeofenceEvent[]).filter(({ kind }) => kind !== 'crossed'));
  }
  return told;
}

/** Enters and exits alternate, zone by zone. */
function staysOf(events: readonly GeofenceEvent[]): Stay[] {
  const open = new Map<string, number>();
  const stays: Stay[] = [];
  for (const { kind, zoneId, at } of events) {
    expect([zoneId, at, kind]).toEqual([zoneId, at, open.has(zoneId) ? 'exited' : 'entered']);
    if (kind === 'entered') open.set(zoneId, at);
    else {
      stays.push({ zoneId, from: open.get(zoneId)!, to: at });
      open.delete(zoneId);
    }
  }
  return [...stays, ...[...open].map(([zoneId, from]) => ({ zoneId, from, to: Infinity }))];
}

function overlap(one: Stay, other: Stay): boolean {
  return one.zoneId === other.zoneId && one.from <= other.to && other.from <= one.to;
}
