import type { DirectoryContent, KeyEntry } from './directory-snapshot';

/** Where the directory comes from. Keys that are revoked or expired are not found. */
export interface DirectorySource {
  /** Everything. */
  load(signal: AbortSignal): Promise<DirectoryContent>;
  /** One key, by the SHA-256 of the whole of it: for keys made since the last load. */
  find(hash: string, signal: AbortSignal): Promise<KeyEntry | undefined>;
}
