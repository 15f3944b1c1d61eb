import type { Report } from '../report';

/** A report of bike-42 in the fleet `default`: what a test says, the rest made up. `at` and `receivedAt` follow `measuredAt`. */
export function aReport(given: Partial<Report> = {}): Report {
  const measuredAt = given.measuredAt ?? given.at ?? NOON;
  return {
    fleetId: 'default',
    vehicleId: 'bike-42',
    measuredAt,
    at: measuredAt,
    receivedAt: measuredAt,
    source: 'device',
    flags: [],
    ...given,
  };
}

/** 20 November 2026, 12:00 UTC, where tests begin. */
export const NOON = Date.UTC(2026, 10, 20, 12);
