/**
 * Is this parsed JSON nested no deeper than so many levels? Deeper values parse, but kill whoever walks them by recursion later; this
 * walk itself never goes deeper than the limit.
 */
export function isWithinDepth(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  if (Array.isArray(value)) return value.every((item) => isWithinDepth(item, levels - 1));
  for (const key in value) if (!isWithinDepth((value as Record<string, unknown>)[key], levels - 1)) return false;
  return true;
}
