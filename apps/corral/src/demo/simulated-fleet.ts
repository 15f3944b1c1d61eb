import { seededRandom } from './seeded-random';

/** A heartbeat as a device would send it (CONTRACT section 2). */
export interface SimulatedHeartbeat {
  readonly vehicleId: string;
  readonly measuredAt: string;
  readonly lat: number;
  readonly lng: number;
  readonly accuracyM: number;
  readonly speedMps: number;
  readonly headingDeg: number;
  readonly batteryPercent: number;
  readonly state: 'available' | 'on_trip';
  readonly tripId?: string;
}

/** How large, how lively, and from which dice. */
export interface SimulatedFleetOptions {
  readonly vehicles: number;
  readonly seed: number;
  /** Between two heartbeats of one vehicle, milliseconds. */
  readonly intervalMs: number;
  /** Before the ids' numbers. Default `sim-`. */
  readonly idPrefix?: string;
}

/** A fleet that rides about the demo city of `city.json`, parks, and now and then breaks a rule. */
export interface SimulatedFleet {
  /** The heartbeats that fell due since the last call, oldest first. `now` in epoch milliseconds. */
  due(now: number): SimulatedHeartbeat[];
}

/** Metres east and north of the city's centre. */
interface Place {
  readonly east: number;
  readonly north: number;
}

interface Vehicle {
  readonly id: string;
  place: Place;
  /** What is still ahead on this trip; empty when parked. */
  route: Place[];
  speedMps: number;
  headingDeg: number;
  batteryPercent: number;
  tripId: string | undefined;
  /** When it next starts, if parked; epoch milliseconds. */
  startsAt: number;
  nextHeartbeatAt: number;
  lastMovedAt: number;
}

const CENTRE = { lng: 4.9, lat: 52.37 };
const METRES_PER_DEGREE_LNG = 67_900;
const METRES_PER_DEGREE_LAT = 111_200;
/** Inside the painted boxes of the zone `corrals`. */
const CORRALS: readonly Place[] = [
  { east: -885, north: -491 },
  { east: -285, north: -891 },
  { east: 415, north: -641 },
  { east: 915, north: -191 },
  { east: -785, north: 509 },
  { east: -35, north: 309 },
  { east: 315, north: 1209 },
  { east: 1315, north: 109 },
];
const OLD_MARKET: Place = { east: -240, north: -110 };
const GARDEN: Place = { east: 780, north: 560 };
/** Riders return to this from beyond the edge. */
const RING_M = 1_400;
const BEYOND_EDGE_M = 2_500;

/** Builds a fleet; the same options give the same rides. */
export function createSimulatedFleet(options: SimulatedFleetOptions): SimulatedFleet {
  const random = seededRandom(options.seed);
  let vehicles: Vehicle[] | undefined;
  return {
    due(now) {
      vehicles ??= Array.from({ length: options.vehicles }, (_, number) => parkedVehicle(number, now, options, random));
      const heartbeats: { at: number; heartbeat: SimulatedHeartbeat }[] = [];
      for (const vehicle of vehicles) {
        while (vehicle.nextHeartbeatAt <= now) {
          const at = vehicle.nextHeartbeatAt;
          live(vehicle, at, random);
          heartbeats.push({ at, heartbeat: heartbeatOf(vehicle, at, random) });
          vehicle.nextHeartbeatAt += options.intervalMs;
        }
      }
      return heartbeats.sort((one, other) => one.at - other.at).map((entry) => entry.heartbeat);
    },
  };
}

function parkedVehicle(number: number, now: number, options: SimulatedFleetOptions, random: () => number): Vehicle {
  const id = `${options.idPrefix ?? 'sim-'}${String(number + 1).padStart(3, '0')}`;
  const firstHeartbeatAt = now + Math.floor((number * options.intervalMs) / options.vehicles);
  const vehicle: Vehicle = {
    id,
    place: number === 0 ? { east: 2_020, north: 0 } : somewhereNear(CORRALS[number % CORRALS.length]!, 12, random),
    route: [],
    speedMps: 0,
    headingDeg: 0,
    batteryPercent: 40 + Math.floor(random() * 60),
    tripId: undefined,
    startsAt: firstHeartbeatAt + Math.floor(random() * 240_000),
    nextHeartbeatAt: firstHeartbeatAt,
    lastMovedAt: firstHeartbeatAt,
  };
  // Nobody should wait for the first alert: the first vehicle stands near the edge and soon rides out of the service area and back.
  if (number === 0) vehicle.startsAt = firstHeartbeatAt + 10_000;
  return vehicle;
}

/** Lets a vehicle start, ride on or arrive, up to a moment. */
function live(vehicle: Vehicle, at: number, random: () => number): void {
  const seconds = (at - vehicle.lastMovedAt) / 1_000;
  vehicle.lastMovedAt = at;
  if (vehicle.route.length > 0) ride(vehicle, seconds, at, random);
  else if (at >= vehicle.startsAt) start(vehicle, at, random);
}

function start(vehicle: Vehicle, at: number, random: () => number): void {
  vehicle.tripId = `${vehicle.id}-${Math.floor(at / 1_000).toString(36)}`;
  vehicle.speedMps = 3.5 + random() * 2.5;
  vehicle.route = vehicle.id.endsWith('-001') ? outAndBack(vehicle.place, random) : planTrip(vehicle, random);
}

/** Mostly from corral to corral; sometimes where, or as fast as, one must not. */
function planTrip(vehicle: Vehicle, random: () => number): Place[] {
  const corral = somewhereNear(CORRALS[Math.floor(random() * CORRALS.length)]!, 12, random);
  const chance = random();
  if (chance < 0.05) return outAndBack(vehicle.place, random);
  if (chance < 0.1) return [somewhereNear(GARDEN, 60, random), corral];
  if (chance < 0.15) return [somewhereNear(OLD_MARKET, 90, random)];
  if (chance < 0.2) vehicle.speedMps = 7.6;
  return [somewhereNear({ east: 0, north: 0 }, RING_M, random), corral];
}

/** Straight out over the edge, a moment there, and home to a corral. */
function outAndBack(from: Place, random: () => number): Place[] {
  const bearing = Math.atan2(from.north, from.east) + (random() - 0.5) * 0.2;
  const beyond = { east: Math.cos(bearing) * BEYOND_EDGE_M, north: Math.sin(bearing) * BEYOND_EDGE_M };
  return [beyond, somewhereNear(CORRALS[7]!, 12, random)];
}

function ride(vehicle: Vehicle, seconds: number, at: number, random: () => number): void {
  let left = vehicle.speedMps * seconds;
  while (left > 0 && vehicle.route.length > 0) {
    const target = vehicle.route[0]!;
    const east = target.east - vehicle.place.east;
    const north = target.north - vehicle.place.north;
    const distance = Math.hypot(east, north);
    if (distance > 0) vehicle.headingDeg = (Math.round((Math.atan2(east, north) * 180) / Math.PI) + 360) % 360;
    if (distance > left) {
      vehicle.place = {
        east: vehicle.place.east + (east / distance) * left,
        north: vehicle.place.north + (north / distance) * left,
      };
      left = 0;
    } else {
      vehicle.place = target;
      vehicle.route.shift();
      left -= distance;
    }
  }
  vehicle.batteryPercent = Math.max(5, vehicle.batteryPercent - (random() < 0.05 ? 1 : 0));
  if (vehicle.route.length === 0) park(vehicle, at, random);
}

function park(vehicle: Vehicle, at: number, random: () => number): void {
  vehicle.tripId = undefined;
  vehicle.speedMps = 0;
  vehicle.startsAt = at + 20_000 + Math.floor(random() * 220_000);
  if (vehicle.batteryPercent < 15) vehicle.batteryPercent = 100; // swapped by the crew
}

function heartbeatOf(vehicle: Vehicle, at: number, random: () => number): SimulatedHeartbeat {
  const seen = somewhereNear(vehicle.place, 1.5, random);
  return {
    vehicleId: vehicle.id,
    measuredAt: new Date(at).toISOString(),
    lat: Number((CENTRE.lat + seen.north / METRES_PER_DEGREE_LAT).toFixed(6)),
    lng: Number((CENTRE.lng + seen.east / METRES_PER_DEGREE_LNG).toFixed(6)),
    accuracyM: 3 + Math.floor(random() * 6),
    speedMps: Number(vehicle.speedMps.toFixed(1)),
    headingDeg: vehicle.headingDeg,
    batteryPercent: vehicle.batteryPercent,
    state: vehicle.tripId === undefined ? 'available' : 'on_trip',
    ...(vehicle.tripId === undefined ? {} : { tripId: vehicle.tripId }),
  };
}

function somewhereNear(place: Place, metres: number, random: () => number): Place {
  const angle = random() * 2 * Math.PI;
  const distance = Math.sqrt(random()) * metres;
  return { east: place.east + Math.cos(angle) * distance, north: place.north + Math.sin(angle) * distance };
}
