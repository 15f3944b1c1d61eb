import type { KeyEntry } from './directory-snapshot';

/** Where the directory comes from. Keys that are revoked or expired are not found. */
export interface DirectorySource {
  /** Everything, in one question. */
  load(signal: AbortSignal): Promise<{ readonly fleetIds: readonly string[]; readonly keys: readonly KeyEntry[] }>;
  /** One key, by the SHA-256 of the whole of it: for keys made since the last load. */
  find(hash: string, signal: AbortSignal): Promise<KeyEntry | undefined>;
}
