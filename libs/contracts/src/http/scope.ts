/** What a credential may be allowed to do. */
export const SCOPES = [
  'heartbeats:write',
  'vehicles:read',
  'vehicles:write',
  'traces:read',
  'zones:read',
  'zones:write',
  'alerts:read',
  'alerts:write',
  'delivery:write',
  'admin',
] as const;

/** One of {@link SCOPES}. */
export type Scope = (typeof SCOPES)[number];
