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

/** Who may send, as it was at one moment. Keys that were revoked by then are not in it. */
export interface DirectorySnapshot {
  /** Epoch ms. */
  readonly takenAt: number;
  readonly fleetIds: readonly string[];
  readonly keys: readonly KeyEntry[];
}

/** A snapshot as a file holds it. */
export function writeSnapshot(snapshot: DirectorySnapshot): string {
  return JSON.stringify({ format: 1, ...snapshot });
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
  const { format, takenAt, fleetIds, keys } = parsed as Record<string, unknown>;
  if (format !== 1 || typeof takenAt !== 'number' || !isTextList(fleetIds)) return undefined;
  if (!Array.isArray(keys) || !keys.every(isKeyEntry)) return undefined;
  return { takenAt, fleetIds, keys };
}

function isKeyEntry(value: unknown): value is KeyEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { fleetId, keyId, hash, scopes, expiresAt } = value as Record<string, unknown>;
  const named =
    typeof fleetId === 'string' && typeof keyId === 'string' && typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
  return named && isTextList(scopes) && (expiresAt === undefined || typeof expiresAt === 'number');
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
