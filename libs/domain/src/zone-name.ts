import type { Zone } from './zone-set';

/** What is the zone called, as a plain string? In that language if there is such a name, else the first given; none if it has none. */
export function zoneName(zone: Pick<Zone, 'name'>, language?: string): string | undefined {
  if (zone.name === undefined || typeof zone.name === 'string') return zone.name;
  return (zone.name.find((name) => name.language === language) ?? zone.name[0])?.text;
}
