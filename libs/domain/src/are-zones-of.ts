import type { ZoneStay } from './vehicle-line';
import type { ZoneSet } from './zone-set';

/** Are these zones of the set, in its order, the very ones that the vehicle is held to be in? */
export function areZonesOf(stays: readonly ZoneStay[], zones: readonly number[], { zoneIds }: ZoneSet): boolean {
  if (zones.length !== stays.length) return false;
  for (let i = 0; i < zones.length; i += 1) if (zoneIds[zones[i]!] !== stays[i]!.zoneId) return false;
  return true;
}
