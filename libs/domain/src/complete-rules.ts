import { isFor, RULE_FIELDS } from './rule';
import type { ZoneRule } from './zone-set';

/** A rule that states every right, as GBFS's schemas want it. */
export type CompleteRule = ZoneRule & Required<Pick<ZoneRule, Right>>;

/**
 * The rules of a zone with every right stated and the same meaning. What a rule leaves open is decided as evaluation would: by
 * the rules after it, then by the global ones; where nobody says anything it is allowed. A zone that is complete already stays
 * as it is. Otherwise a right written into one rule could hide another rule for some type, so there is one rule for each type
 * the rules name (types treated alike share one) and one for all others.
 */
export function completeRules(rules: readonly ZoneRule[], globalRules: readonly ZoneRule[]): readonly CompleteRule[] {
  if (rules.every(isComplete)) return rules;
  const types = [...new Set([...rules, ...globalRules].flatMap((rule) => rule.vehicleTypeIds ?? []))].sort();
  const alike = new Map<string, CompleteRule>();
  for (const type of types) {
    const complete = asOne(rules, globalRules, type);
    if (!complete) continue;
    const key = JSON.stringify(RULE_FIELDS.map((field) => complete[field] ?? null));
    alike.set(key, { ...complete, vehicleTypeIds: [...(alike.get(key)?.vehicleTypeIds ?? []), type] });
  }
  const others = asOne(rules, globalRules, undefined);
  return others ? [...alike.values(), others] : [...alike.values()];
}

const RIGHTS = ['rideStartAllowed', 'rideEndAllowed', 'rideThroughAllowed'] as const;
type Right = (typeof RIGHTS)[number];

function isComplete(rule: ZoneRule): rule is CompleteRule {
  return RIGHTS.every((right) => rule[right] !== undefined);
}

/** All that the rules say to a type (`undefined`: to one they do not name), in one; nothing if none of the zone's is for it. */
function asOne(
  rules: readonly ZoneRule[],
  globalRules: readonly ZoneRule[],
  type: string | undefined,
): CompleteRule | undefined {
  const own = rules.filter((rule) => isFor(rule, type));
  if (own.length === 0) return undefined;
  const all = [...own, ...globalRules.filter((rule) => isFor(rule, type))];
  const right = (field: Right) => all.find((rule) => rule[field] !== undefined)?.[field] ?? true;
  return {
    rideStartAllowed: right('rideStartAllowed'),
    rideEndAllowed: right('rideEndAllowed'),
    rideThroughAllowed: right('rideThroughAllowed'),
    maximumSpeedKph: own.find((rule) => rule.maximumSpeedKph !== undefined)?.maximumSpeedKph,
    stationParking: own.find((rule) => rule.stationParking !== undefined)?.stationParking,
  };
}
