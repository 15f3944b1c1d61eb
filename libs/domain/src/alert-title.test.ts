import { alertSeverity } from './alert';
import { alertTitle } from './alert-title';
import type { Violation, ViolationKind } from './fact';

const about = (kind: string, given: Partial<Violation> = {}) => ({ kind, vehicleId: 'bike-42', ...given }) as Violation;

it.each<[Violation, string]>([
  [about('outside_service_area'), 'bike-42 left the service area'],
  [about('ride_through_not_allowed', { zoneId: 'park' }), 'bike-42 rides where riding is not allowed, in park'],
  [
    about('ride_start_not_allowed', { zoneId: 'park' }),
    'bike-42 started a ride where starting is not allowed, in park',
  ],
  [about('ride_end_not_allowed'), 'bike-42 ended a ride where parking is not allowed, here'],
  [
    about('speeding', { zoneId: 'park', observed: 31.7, limit: 25 }),
    'bike-42 rides too fast in park: 32 km/h, allowed 25',
  ],
  [about('speeding'), 'bike-42 rides too fast here'],
  [about('silent'), 'bike-42 went silent'],
  [about('floating_away', { zoneId: 'canal' }), 'bike-42: floating away in canal'],
])('a person reads a sentence: %#', (violation, title) => {
  expect(alertTitle(violation)).toBe(title);
});

it('a person reads names rather than ids', () => {
  const title = alertTitle(about('ride_end_not_allowed', { zoneId: 'z-7' }), {
    vehicle: 'Red Fox',
    zone: 'Vondelpark',
  });
  expect(title).toBe('Red Fox ended a ride where parking is not allowed, in Vondelpark');
});

it('losing a vehicle is worse than where it is parked', () => {
  const kinds: ViolationKind[] = ['outside_service_area', 'ride_end_not_allowed', 'parked_too_long'];
  expect(kinds.map(alertSeverity)).toEqual(['critical', 'warning', 'info']);
  expect(alertSeverity('something_new' as ViolationKind)).toBe('warning');
});
