import { isId } from './check-text';
import { isObject } from './read-zone-document';
import { refusedImport, type ImportRefusal } from './zone-import';
import type { SilenceLimit } from './zone-set';

/**
 * Is this unknown value a list of silence limits, our member `silence_limits` beside `global_rules`? As with rules, one that cannot be read refuses
 * the file: other limits would hold for the whole fleet.
 */
export function readSilenceLimits(
  value: unknown,
): { readonly kind: 'ok'; readonly limits: readonly SilenceLimit[] } | ImportRefusal {
  if (value === undefined || value === null) return { kind: 'ok', limits: [] };
  if (!Array.isArray(value)) return refusedImport('silence_limit_invalid', PATH, 'silence limits are a list');
  const limits: SilenceLimit[] = [];
  for (const [i, raw] of value.entries()) {
    const path = `${PATH}/${i}`;
    if (!isObject(raw)) return refusedImport('silence_limit_invalid', path, 'a silence limit is a JSON object');
    const unknown = Object.keys(raw).find((member) => !MEMBERS.has(member));
    if (unknown !== undefined)
      return refusedImport('silence_limit_invalid', path, `a silence limit has ${[...MEMBERS].join(', ')}`);
    const { vehicle_type_ids: types, on_trip_seconds: onTripS, otherwise_seconds: otherwiseS } = raw;
    if (types !== undefined && !(Array.isArray(types) && types.length > 0 && types.every(isId)))
      return refusedImport('silence_limit_invalid', `${path}/vehicle_type_ids`, 'vehicle types are a list of ids');
    if (!isLimit(onTripS)) return refusedImport('silence_limit_invalid', `${path}/on_trip_seconds`, SECONDS);
    if (!isLimit(otherwiseS)) return refusedImport('silence_limit_invalid', `${path}/otherwise_seconds`, SECONDS);
    limits.push({
      ...(types !== undefined && { vehicleTypeIds: types as string[] }),
      ...(onTripS !== undefined && { onTripS }),
      ...(otherwiseS !== undefined && { otherwiseS }),
    });
  }
  return { kind: 'ok', limits };
}

/** The limits as they were imported. */
export function writeSilenceLimits(limits: readonly SilenceLimit[]): readonly object[] {
  return limits.map(({ vehicleTypeIds, onTripS, otherwiseS }) => ({
    ...(vehicleTypeIds && { vehicle_type_ids: vehicleTypeIds }),
    ...(onTripS !== undefined && { on_trip_seconds: onTripS }),
    ...(otherwiseS !== undefined && { otherwise_seconds: otherwiseS }),
  }));
}

const PATH = 'silence_limits';
const MEMBERS = new Set(['vehicle_type_ids', 'on_trip_seconds', 'otherwise_seconds']);
const LONGEST_S = 366 * 86_400;
const SECONDS = 'at least 1 second, at most a year, or null for never';

function isLimit(value: unknown): value is number | null | undefined {
  if (value === undefined || value === null) return true;
  return typeof value === 'number' && value >= 1 && value <= LONGEST_S;
}
