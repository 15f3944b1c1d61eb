import { seededRandom } from '../seeded-random';
import { CENTRE, REACH } from './rel-zones';

/** A heartbeat as it is sent, but for its time, which is epoch milliseconds here. */
export interface RiddenHeartbeat {
  readonly vehicleId: string;
  readonly measuredAt: number;
  readonly lat?: number;
  readonly lng?: number;
  readonly speedMps?: number;
  readonly state: 'on_trip' | 'available';
  readonly tripId?: string;
}

/** The n-th heartbeat of one vehicle: the seed, the vehicle and n decide it alone. */
export interface Ride {
  readonly vehicleId: string;
  at(n: number): RiddenHeartbeat;
}

/** Event time between two heartbeats of a vehicle. */
export const STEP_MS = 1_000;

/** What decides a ride. */
export interface RideOptions {
  readonly seed: number;
  readonly startsAt: number;
  /** So many times as long for each way, trip and pause. */
  readonly calm: number;
}

/**
 * A vehicle that swings through the zones and over all their edges, 20 % beyond the service area on either side; rides and parks in
 * turn, speeds now and then, sometimes says no speed, sometimes no position, and sometimes stands exactly on an edge.
 */
export function ride(vehicleId: string, { seed, startsAt, calm }: RideOptions): Ride {
  const random = seededRandom(seed);
  const period = (17 + Math.floor(random() * 24)) * calm;
  const phase = random() * 2 * Math.PI;
  const lane = (random() * 2 - 1) * 0.9;
  const tripLength = (20 + Math.floor(random() * 30)) * calm;
  const pause = (3 + Math.floor(random() * 8)) * calm;
  return {
    vehicleId,
    at(n) {
      const dice = seededRandom(seed * 31 + n * 7919);
      // What lasts for a while: how fast it is, and where it stands exactly on an edge.
      const mood = seededRandom(seed * 31 + Math.floor(n / calm) * 7919);
      const measuredAt = startsAt + n * STEP_MS;
      const trip = Math.floor(n / (tripLength + pause));
      const moving = n % (tripLength + pause) < tripLength;
      // Where it parks it stays: the clock of its path stands still meanwhile.
      const ridden = trip * tripLength + Math.min(n % (tripLength + pause), tripLength);
      const swing = 1.2 * Math.sin((2 * Math.PI * ridden) / period + phase);
      const east = mood() < 0.05 ? Math.round(swing * 10) / 10 : swing;
      const speedMps = Number((2 + mood() * 6).toFixed(1));
      const saysPosition = dice() >= 0.03;
      const saysSpeed = dice() >= 0.1;
      return {
        vehicleId,
        measuredAt,
        ...(saysPosition && {
          lat: Number((CENTRE[1] + lane * REACH).toFixed(7)),
          lng: Number((CENTRE[0] + east * REACH).toFixed(7)),
        }),
        ...(moving && saysSpeed && { speedMps }),
        state: moving ? 'on_trip' : 'available',
        ...(moving && { tripId: `${vehicleId}-${trip}` }),
      };
    },
  };
}
