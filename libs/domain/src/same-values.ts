import type { Report } from './report';

/** The values that tell a duplicate from a correction (CONTRACT 2). */
const COMPARED = ['lat', 'lng', 'accuracyM', 'speedMps', 'headingDeg', 'state', 'tripId'] as const;

/** Do two reports of one vehicle and `measuredAt` say the same, so that one of them is a duplicate? */
export function sameValues(
  a: Pick<Report, (typeof COMPARED)[number]>,
  b: Pick<Report, (typeof COMPARED)[number]>,
): boolean {
  return COMPARED.every((field) => a[field] === b[field]);
}
