import { compileZoneSet, step, type Report, type VehicleMemory, type ZoneSchedule } from '@corral/domain';
import type { Geometry } from '@corral/geo';
import { cpuMs } from '../cpu-time';
import type { City } from './city';

/** Evaluates so many fixes and answers what one of them took, CPU ns. */
export type EngineRun = (count: number) => number;

const START = Date.UTC(2026, 10, 20);
const REPORT_EVERY_MS = 5_000;
const VEHICLES = 20_000;
// Half a metre on with each report: asked anew each time, and hardly ever an event, whose id costs more than finding the zone.
const STEP_DEGREES = 4.5e-6;

/**
 * The whole engine, as the service runs it once a heartbeat is decoded: `step` with zones, rules, lateness window and memory, for all the
 * vehicles of the city in turn. What enters and exits is the same few at every number of zones, so only finding zones differs.
 */
export function engineRun(shapes: readonly Geometry[], { fixes }: City): EngineRun {
  const zones = shapes.map((geometry, index) => ({
    zoneId: `zone-${index}`,
    index,
    geometry,
    rules: [],
    properties: {},
  }));
  const set = compileZoneSet(
    { format: 1, origin: 'geojson', profile: 'immediate', zones, globalRules: [{ maximumSpeedKph: 25 }] },
    { fleetId: 'default', version: 1 },
  );
  const schedule: ZoneSchedule = { revision: 1, entries: [{ effectiveAt: -Infinity, set }] };
  const vehicles = Math.min(VEHICLES, fixes.length / 2);
  const memories: (VehicleMemory | undefined)[] = Array.from({ length: vehicles }, () => undefined);
  let next = 0;
  return (count) => {
    const begin = cpuMs();
    for (let i = 0; i < count; i += 1) {
      const vehicle = next % vehicles;
      const round = Math.floor(next / vehicles);
      next += 1;
      memories[vehicle] = step(memories[vehicle], reportOf(fixes, vehicle, round), schedule).memory;
    }
    return ((cpuMs() - begin) * 1e6) / count;
  };
}

function reportOf(fixes: Float64Array, vehicle: number, round: number): Report {
  const at = START + round * REPORT_EVERY_MS;
  return {
    fleetId: 'default',
    vehicleId: `bike-${vehicle}`,
    measuredAt: at,
    receivedAt: at,
    at,
    source: 'device',
    flags: [],
    lat: fixes[2 * vehicle + 1]!,
    lng: fixes[2 * vehicle]! + (round % 16) * STEP_DEGREES,
    accuracyM: 8,
    speedMps: 4,
    headingDeg: undefined,
    altitudeM: undefined,
    batteryPercent: 80,
    state: 'on_trip',
    tripId: undefined,
    bootId: undefined,
    sequence: undefined,
    deviceId: undefined,
    vehicleTypeId: undefined,
  };
}
