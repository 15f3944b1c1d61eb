import type { BookRule, BookSet, BookZone } from './zone-book';

/** One field of the rules that hold at a place: its value and who said it. */
export interface Said<Value> {
  readonly value: Value;
  /** The zone; undefined: the global rules. */
  readonly zoneId?: string;
}

type Field = Exclude<keyof BookRule, 'vehicleTypeIds'>;

/** The type a vehicle is judged as (CONTRACT 5): its own, else the only one the set names; else none at all, `unknown`. */
export function judgedAs(set: BookSet, own: string | undefined): { readonly type?: string; readonly unknown: boolean } {
  if (own !== undefined) return { type: own, unknown: false };
  const named = new Set(
    [...set.globalRules, ...set.zones.flatMap((zone) => zone.rules)].flatMap((it) => it.vehicleTypeIds ?? []),
  );
  return named.size === 1 ? { type: [...named][0], unknown: false } : { unknown: named.size > 1 };
}

/** What is said about one field in these zones (in order of precedence): the first zone that says anything, then the global rules. */
export function ruleAt<F extends Field>(
  field: F,
  set: BookSet,
  zones: readonly BookZone[],
  vehicleType: string | undefined,
): Said<NonNullable<BookRule[F]>> | undefined {
  const { type, unknown } = judgedAs(set, vehicleType);
  for (const zone of zones) {
    const value = firstSaid(zone.rules, field, type);
    if (value !== undefined) return { value, zoneId: zone.zoneId };
  }
  const value = unknown ? undefined : firstSaid(set.globalRules, field, type);
  return value === undefined ? undefined : { value };
}

/** CONTRACT 6: in no zone whose rules for its type allow riding through, while the global rule forbids it. */
export function outsideServiceArea(set: BookSet, zones: readonly BookZone[], vehicleType: string | undefined): boolean {
  const { type, unknown } = judgedAs(set, vehicleType);
  if (unknown || firstSaid(set.globalRules, 'rideThroughAllowed', type) !== false) return false;
  return zones.every((zone) => firstSaid(zone.rules, 'rideThroughAllowed', type) !== true);
}

function firstSaid<F extends Field>(rules: readonly BookRule[], field: F, type: string | undefined) {
  const heard = rules.filter(
    (rule) => !rule.vehicleTypeIds || (type !== undefined && rule.vehicleTypeIds.includes(type)),
  );
  return heard.find((rule) => rule[field] !== undefined)?.[field] as NonNullable<BookRule[F]> | undefined;
}
