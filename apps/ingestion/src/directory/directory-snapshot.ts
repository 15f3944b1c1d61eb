import type { DeniedTokens } from './deny-list';

/** An API key as ingestion needs it: never the key, only its hash. */
export interface KeyEntry {
  readonly fleetId: string;
  readonly keyId: string;
  /** SHA-256 of the whole key, lower-case hexadecimal. */
  readonly hash: string;
  readonly scopes: readonly string[];
  /** Epoch ms; absent for a key that does not expire. */
  readonly expiresAt?: number;
}

/** Who may send. Keys that were revoked are not in it; device tokens are only if they are denied: the others verify themselves. */
export interface DirectoryContent {
  readonly fleetIds: readonly string[];
  readonly keys: readonly KeyEntry[];
  readonly deniedTokens: readonly DeniedTokens[];
}

/** Who may send, as it was at one moment. */
export interface DirectorySnapshot extends DirectoryContent {
  /** Epoch ms. */
  readonly takenAt: number;
}

/** 2 since device tokens: a snapshot without their deny list would let back in whoever was turned away. */
const FORMAT = 2;

/** A snapshot as a file holds it. */
export function writeSnapshot(snapshot: DirectorySnapshot): string {
  return JSON.stringify({ format: FORMAT, ...snapshot });
}

/** Reads a file's snapshot. Undefined when it is none of ours: half written, of another format, or edited. */
export function readSnapshot(text: string): DirectorySnapshot | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { format, takenAt, fleetIds, keys, deniedTokens } = parsed as Record<string, unknown>;
  if (format !== FORMAT || typeof takenAt !== 'number' || !isTextList(fleetIds)) return undefined;
  if (!Array.isArray(keys) || !keys.every(isKeyEntry)) return undefined;
  if (!Array.isArray(deniedTokens) || !deniedTokens.every(isDeniedTokens)) return undefined;
  return { takenAt, fleetIds, keys, deniedTokens };
}

function isKeyEntry(value: unknown): value is KeyEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { fleetId, keyId, hash, scopes, expiresAt } = value as Record<string, unknown>;
  const named =
    typeof fleetId === 'string' && typeof keyId === 'string' && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
  return named && isTextList(scopes) && (expiresAt === undefined || typeof expiresAt === 'number');
}

function isDeniedTokens(value: unknown): value is DeniedTokens {
  if (typeof value !== 'object' || value === null) return false;
  const { fleetId, vehicleId, number, from } = value as Record<string, unknown>;
  return [fleetId, vehicleId].every((id) => typeof id === 'string') && [number, from].every(Number.isFinite);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
