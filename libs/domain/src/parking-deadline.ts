import type { ResolvedRule } from './rule';
import type { Standing, ZoneStay } from './vehicle-line';

/** Until when a vehicle may stand where it stands. Epoch milliseconds. */
export interface ParkingDeadline {
  /** From when on the time counts: since it stands, and stands in the zone that limits it. */
  readonly since: number;
  readonly at: number;
  /** Absent: the global rules limit it. */
  readonly zoneId?: string;
  readonly limitMinutes: number;
}

/** When will a vehicle that stands in these zones have stood there too long, under this rule? Nothing where nobody limits it. */
export function parkingDeadline(
  standing: Standing | undefined,
  zones: readonly ZoneStay[],
  rule: ResolvedRule,
): ParkingDeadline | undefined {
  const limitMinutes = rule.maximumParkedMinutes;
  if (limitMinutes === null || !standing) return undefined;
  const from = rule.from.maximumParkedMinutes;
  const zoneId = from === 'global' ? undefined : from;
  const stay = zones.find((zone) => zone.zoneId === zoneId);
  const since = Math.max(standing.since, stay?.since ?? -Infinity);
  return { since, at: since + Math.round(limitMinutes * MINUTE_MS), zoneId, limitMinutes };
}

const MINUTE_MS = 60_000;
