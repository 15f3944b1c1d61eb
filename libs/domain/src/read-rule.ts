import { isId } from './check-text';
import { isObject } from './read-zone-document';
import { refusedImport, type ImportRefusal, type Warn } from './zone-import';
import type { ZoneRule, ZoneSetDefinition } from './zone-set';

/** Rules that can be trusted, in the order of the file. */
export interface ReadRules {
  readonly kind: 'ok';
  readonly rules: readonly ZoneRule[];
}

/**
 * Is this unknown value a list of GBFS rules? Fields of the other major version are honoured and reported, an explicit `null`
 * says nothing, a value of another type is refused.
 */
export function readRules(
  value: unknown,
  origin: ZoneSetDefinition['origin'],
  path: string,
  warn: Warn,
): ReadRules | ImportRefusal {
  if (value === undefined || value === null) return { kind: 'ok', rules: [] };
  if (!Array.isArray(value)) return refusedImport('rule_invalid', path, 'rules are a list');
  const rules: ZoneRule[] = [];
  for (const [i, raw] of value.entries()) {
    const rule = readRule(raw, origin, `${path}/${i}`, warn);
    if (rule.kind === 'refused') return rule;
    rules.push(rule.rule);
  }
  return { kind: 'ok', rules };
}

type MutableRule = { -readonly [field in keyof ZoneRule]: ZoneRule[field] };

function readRule(
  raw: unknown,
  origin: ZoneSetDefinition['origin'],
  path: string,
  warn: Warn,
): { readonly kind: 'ok'; readonly rule: ZoneRule } | ImportRefusal {
  if (!isObject(raw)) return refusedImport('rule_invalid', path, 'a rule is a JSON object');
  const rule: MutableRule = {};
  for (const [member, value] of Object.entries(raw)) {
    const field = FIELDS[member as keyof typeof FIELDS] as (typeof FIELDS)[keyof typeof FIELDS] | undefined;
    const where = `${path}/${member}`;
    if (!field || !Object.hasOwn(FIELDS, member)) {
      warn('rule_field_unknown', where.slice(0, LONGEST_PATH), 'no field of a rule: it is left out');
      continue;
    }
    if (value === null) {
      warn('rule_field_null', where, 'null is read as if the field were absent');
      continue;
    }
    if (field.speaks === 'gbfs2' && origin !== 'gbfs2')
      warn('gbfs2_field_honoured', where, `${member} is of GBFS 2: ${field.meaning}`);
    if (field.speaks === 'gbfs3' && origin === 'gbfs2')
      warn('gbfs3_field_honoured', where, `${member} is of GBFS 3: ${field.meaning}`);
    const wrong = field.read(value, rule, raw);
    if (wrong) return refusedImport('rule_invalid', where, wrong);
    if (Array.isArray(value) && value.length === 0) {
      warn('vehicle_type_ids_empty', where, 'an empty list of vehicle types is read as every type');
    }
  }
  return { kind: 'ok', rule };
}

const LONGEST_PATH = 200;
const MOST_PARKED_MINUTES = 366 * 1_440;

interface RuleReader {
  readonly speaks?: 'gbfs2' | 'gbfs3';
  readonly meaning?: string;
  /** Writes what it reads to the rule, or says what is wrong. */
  read(value: unknown, rule: MutableRule, raw: { readonly [member: string]: unknown }): string | undefined;
}

const FIELDS = {
  ride_start_allowed: { speaks: 'gbfs3', meaning: 'read as it says', ...flag('rideStartAllowed') },
  ride_end_allowed: { speaks: 'gbfs3', meaning: 'read as it says', ...flag('rideEndAllowed') },
  ride_through_allowed: flag('rideThroughAllowed'),
  station_parking: flag('stationParking'),
  ride_allowed: {
    speaks: 'gbfs2',
    meaning: 'read as ride_start_allowed and ride_end_allowed',
    read(value, rule, raw) {
      if (typeof value !== 'boolean') return 'true or false';
      if (typeof raw.ride_start_allowed !== 'boolean') rule.rideStartAllowed = value;
      if (typeof raw.ride_end_allowed !== 'boolean') rule.rideEndAllowed = value;
      return undefined;
    },
  },
  maximum_speed_kph: {
    read(value, rule) {
      if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
        return 'a speed in km/h is a positive number';
      rule.maximumSpeedKph = value;
      return undefined;
    },
  },
  maximum_parked_minutes: {
    read(value, rule) {
      if (typeof value !== 'number' || !(value > 0 && value <= MOST_PARKED_MINUTES))
        return 'minutes of parking are a positive number, at most a year';
      rule.maximumParkedMinutes = value;
      return undefined;
    },
  },
  vehicle_type_ids: { speaks: 'gbfs3', meaning: 'read as it says', read: readTypes },
  vehicle_type_id: { speaks: 'gbfs2', meaning: 'read as vehicle_type_ids', read: readTypes },
} satisfies { readonly [member: string]: RuleReader } as { readonly [member: string]: RuleReader };

function flag(field: 'rideStartAllowed' | 'rideEndAllowed' | 'rideThroughAllowed' | 'stationParking'): RuleReader {
  return {
    read(value, rule) {
      if (typeof value !== 'boolean') return 'true or false';
      rule[field] = value;
      return undefined;
    },
  };
}

function readTypes(value: unknown, rule: MutableRule): string | undefined {
  const types: readonly unknown[] = typeof value === 'string' ? [value] : Array.isArray(value) ? value : [undefined];
  if (!types.every(isId)) return 'vehicle types are a list of ids';
  if (types.length > 0) rule.vehicleTypeIds = [...new Set([...(rule.vehicleTypeIds ?? []), ...types])];
  return undefined;
}
