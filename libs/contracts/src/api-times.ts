/** The members of facts and alerts that are moments, wherever they appear. */
const MOMENTS: ReadonlySet<string> = new Set([
  'at',
  'detectedAt',
  'enteredAt',
  'exitedAt',
  'openedAt',
  'closedAt',
  'lastAt',
  'resolvedAt',
  'since',
]);

/**
 * How a fact or alert looks outside (CONTRACT 6): moments as RFC 3339 UTC with milliseconds instead of epoch milliseconds, without
 * `fleetId` (a key belongs to one fleet) and without members that are absent.
 */
export function toApiShape(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const [member, value] of Object.entries(data)) {
    if (member === 'fleetId' || value === undefined || value === null) continue;
    shown[member] = MOMENTS.has(member) && typeof value === 'number' ? new Date(value).toISOString() : value;
  }
  return shown;
}
