import type { Violation, ViolationKind } from './fact';

/** How people call what a violation is about; ids stand in where nothing is given. */
export interface AlertNames {
  readonly vehicle?: string;
  readonly zone?: string;
}

/** What should a person read first about this violation? One plain sentence without markup. Names are as strangers typed them: each channel escapes. */
export function alertTitle(violation: Violation, names: AlertNames = {}): string {
  const vehicle = names.vehicle ?? violation.vehicleId;
  const zone = names.zone ?? violation.zoneId;
  return (SENTENCES[violation.kind] ?? unknownKind)(vehicle, zone ? `in ${zone}` : 'here', violation);
}

type Sentence = (vehicle: string, where: string, violation: Violation) => string;

const SENTENCES: { readonly [kind in ViolationKind]: Sentence } = {
  outside_service_area: (vehicle) => `${vehicle} left the service area`,
  ride_through_not_allowed: (vehicle, where) => `${vehicle} rides where riding is not allowed, ${where}`,
  ride_start_not_allowed: (vehicle, where) => `${vehicle} started a ride where starting is not allowed, ${where}`,
  ride_end_not_allowed: (vehicle, where) => `${vehicle} ended a ride where parking is not allowed, ${where}`,
  speeding: (vehicle, where, { observed, limit }) => {
    const speeds =
      observed !== undefined && limit !== undefined ? `: ${Math.round(observed)} km/h, allowed ${limit}` : '';
    return `${vehicle} rides too fast ${where}${speeds}`;
  },
  station_parking: (vehicle, where) => `${vehicle} is parked away from a station ${where}`,
  parked_too_long: (vehicle, where) => `${vehicle} has been parked too long ${where}`,
  silent: (vehicle) => `${vehicle} went silent`,
};

const unknownKind: Sentence = (vehicle, where, { kind }) => `${vehicle}: ${kind.replaceAll('_', ' ')} ${where}`;
