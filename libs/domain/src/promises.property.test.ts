import fc from 'fast-check';
import { decodeMemory, encodeMemory } from './encode-memory';
import { evaluate } from './evaluate';
import type { Fact } from './fact';
import type { QuietProfile } from './quiet';
import { stampReports } from './stamp-reports';
import { step } from './step';
import { aReport, aSquare, aZoneSet, movedBy, NOON } from './testing';
import { LARGEST_MEMORY_BYTES, type VehicleMemory } from './vehicle-memory';
import type { ZoneSchedule, ZoneSet } from './zone-set';

const RUNS = Number(process.env.FC_RUNS ?? 300);
const PATIENCE_MS = 3_600_000;
const SEED = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));
const [LNG, LAT] = [4.8932, 52.3731];
const DAY_MS = 86_400_000;
const PROFILES: readonly QuietProfile[] = ['immediate', 'confirmed'];

const makeSet = (version: number, profile: QuietProfile): ZoneSet =>
  aZoneSet({
    version,
    profile,
    zones: [
      {
        zoneId: 'park',
        geometry: aSquare(movedBy(LNG, LAT, -300, 0).lng, LAT, 250),
        rules: [{ rideThroughAllowed: false }],
      },
      { zoneId: 'city', geometry: aSquare(LNG, LAT, 900), rules: [{ rideThroughAllowed: true, maximumSpeedKph: 20 }] },
    ],
    globalRules: [{ rideThroughAllowed: false, rideEndAllowed: false }],
  });

// Laying zones into cells costs more than a ride through them.
const made = new Map<string, ZoneSet>();
function setOf(version: number, profile: QuietProfile): ZoneSet {
  const set = made.get(`${version}/${profile}`) ?? makeSet(version, profile);
  made.set(`${version}/${profile}`, set);
  return set;
}

const said = fc.record({
  gapMs: fc.integer({ min: 1_000, max: 30_000 }),
  eastM: fc.integer({ min: -700, max: 700 }),
  northM: fc.integer({ min: -500, max: 500 }),
  speedMps: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
  state: fc.constantFrom('on_trip', 'on_trip', 'available', undefined),
});
const aRide = fc.array(said, { minLength: 1, maxLength: 60, size: 'max' });

afterAll(() => console.info(`${RUNS} runs each, seed ${SEED}`));

it(
  'an absurd timestamp never freezes a vehicle: whatever its clock said before, an honest report is decided',
  () => {
    const absurd = fc.oneof(
      fc.integer({ min: -7 * DAY_MS, max: 7 * DAY_MS }),
      fc.constantFrom(59_999, 60_000, DAY_MS, DAY_MS + 1, 1_024 * 7 * DAY_MS, 8e14),
    );
    const clocks = fc.array(fc.option(absurd, { nil: 0, freq: 2 }), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(aRide, clocks, fc.constantFrom(...PROFILES), (ride, offByMs, profile) => {
        const schedule: ZoneSchedule = { revision: 1, entries: [{ effectiveAt: -Infinity, set: setOf(1, profile) }] };
        let memory: VehicleMemory | undefined;
        let now = NOON;
        let aheadUntil = -Infinity;
        for (const [i, { gapMs, eastM, northM, ...rest }] of ride.entries()) {
          now += gapMs;
          const measuredAt = now + offByMs[i]!;
          const [stamp] = stampReports([{ measuredAt }], now);
          const report = aReport({
            measuredAt,
            receivedAt: now,
            ...stamp,
            ...movedBy(LNG, LAT, eastM, northM),
            ...rest,
          });
          const result = step(memory, report, schedule);
          memory = decodeMemory(encodeMemory(result.memory));
          // Nothing is closed but what is older than the lateness window before what was received.
          expect(memory.closedAt).toBeLessThanOrEqual(now - 90_000);
          // A clock up to a minute ahead is believed: what it said is newer until that minute has passed.
          aheadUntil = Math.max(aheadUntil, report.at);
          if (offByMs[i] !== 0) continue;
          expect(result.outcome).toBe('decided');
          if (now >= aheadUntil) expect(memory.head.at).toBe(now);
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
  },
  PATIENCE_MS,
);

it(
  'publishing makes no ghosts: the same zones under a new version change no fact but the version it names',
  () => {
    const published = fc.array(fc.integer({ min: 0, max: 900_000 }), { maxLength: 4 });
    fc.assert(
      fc.property(aRide, published, fc.constantFrom(...PROFILES), (ride, times, profile) => {
        let now = NOON;
        const reports = ride.map(({ gapMs, eastM, northM, ...rest }) =>
          aReport({ at: (now += gapMs), ...movedBy(LNG, LAT, eastM, northM), ...rest }),
        );
        const later = [...new Set(times)].sort((a, b) => a - b);
        const entries = [-Infinity, ...later.map((time) => NOON + time)];
        const one: ZoneSchedule = { revision: 1, entries: [{ effectiveAt: -Infinity, set: setOf(1, profile) }] };
        const many: ZoneSchedule = {
          revision: entries.length,
          entries: entries.map((effectiveAt, i) => ({ effectiveAt, set: setOf(i + 1, profile) })),
        };
        const told = (schedule: ZoneSchedule) => evaluate(undefined, reports, schedule).asserted.map(withoutVersion);
        expect(told(many)).toEqual(told(one));
      }),
      { numRuns: RUNS, seed: SEED },
    );
  },
  PATIENCE_MS,
);

it(
  'a memory keeps to its bound and is read back as it was, whatever a ride says and how often',
  () => {
    const aTrip = fc.string({ minLength: 1, maxLength: 128, unit: 'grapheme' });
    const rides = fc.array(fc.record({ said, tripId: fc.option(aTrip, { nil: undefined, freq: 1 }) }), { minLength: 1, maxLength: 90, size: 'max' }); // prettier-ignore
    let largest = 0;
    fc.assert(
      fc.property(rides, fc.constantFrom(...PROFILES), fc.constantFrom(1, 5, 20), (ride, profile, quicker) => {
        const schedule: ZoneSchedule = { revision: 1, entries: [{ effectiveAt: -Infinity, set: setOf(1, profile) }] };
        let memory: VehicleMemory | undefined;
        let now = NOON;
        for (const { said: one, tripId } of ride) {
          const { gapMs, eastM, northM, ...rest } = one;
          now += Math.ceil(gapMs / quicker);
          memory = step(
            memory,
            aReport({ at: now, ...movedBy(LNG, LAT, eastM, northM), ...rest, tripId }),
            schedule,
          ).memory;
          const stored = encodeMemory(memory);
          largest = Math.max(largest, stored.length);
          memory = decodeMemory(stored);
          expect(Buffer.from(encodeMemory(memory))).toEqual(Buffer.from(stored));
        }
      }),
      { numRuns: Math.ceil(RUNS / 4), seed: SEED },
    );
    console.info(`largest memory: ${largest} bytes`);
    expect(largest).toBeLessThanOrEqual(LARGEST_MEMORY_BYTES);
  },
  PATIENCE_MS,
);

function withoutVersion(fact: Fact): object {
  return { ...fact, zoneSetVersion: undefined };
}
