/** A heartbeat of a generated ride. */
export interface RiddenHeartbeat {
  readonly vehicleId: string;
  readonly measuredAt: string;
  readonly lat: number;
  readonly lng: number;
  readonly state: 'on_trip';
  readonly tripId: string;
}

/** Two zones side by side, and nothing allowed outside of them: a ride that swings from east to west breaks and keeps rules all the time. */
export const SWING_ZONES = {
  type: 'FeatureCollection',
  // Every fix decides: what is tested is the way of a fact, not whether it is one.
  quiet: { profile: 'immediate' },
  global_rules: [{ ride_through_allowed: false, maximum_speed_kph: 25 }],
  features: [
    square('west', 4.9, [{ ride_start_allowed: true, ride_end_allowed: true, ride_through_allowed: true }]),
    square('east', 4.91, [{ ride_start_allowed: true, ride_end_allowed: false, ride_through_allowed: false }]),
    square('wide', 4.905, [{ ride_through_allowed: true }], 0.02),
  ],
};

/** `count` heartbeats of one vehicle, a second apart, swinging over the edges of {@link SWING_ZONES}; each vehicle in its own rhythm. */
export function swingingRide(vehicleId: string, number: number, count: number, startsAt: number): RiddenHeartbeat[] {
  const period = 17 + (number % 11);
  return Array.from({ length: count }, (_, i) => ({
    vehicleId,
    measuredAt: new Date(startsAt + i * 1_000).toISOString(),
    lat: 52.37,
    lng: Number((4.905 + 0.016 * Math.sin((2 * Math.PI * i) / period)).toFixed(7)),
    state: 'on_trip' as const,
    tripId: `trip-${vehicleId}`,
  }));
}

function square(id: string, lng: number, rules: readonly object[], width = 0.008) {
  const [west, east] = [lng - width / 2, lng + width / 2];
  const ring = [
    [west, 52.36],
    [east, 52.36],
    [east, 52.38],
    [west, 52.38],
    [west, 52.36],
  ];
  return { type: 'Feature', id, properties: { name: id, rules }, geometry: { type: 'Polygon', coordinates: [ring] } };
}
