import type { DeniedTokens } from './deny-list';
import type { KeyEntry } from './directory-snapshot';
import type { DirectorySource } from './directory-source';

/** A directory source in memory, with what tests do to it. */
export interface MemoryDirectorySource extends DirectorySource {
  addFleet(fleetId: string): void;
  addKey(entry: KeyEntry): void;
  revoke(hash: string): void;
  deny(tokens: DeniedTokens): void;
  /** From now on every question fails with this error; undefined heals it. */
  fail(error: Error | undefined): void;
  /** How often it was asked for one key. */
  lookups(): number;
  /** How often it was asked for everything. */
  loads(): number;
}

/** A small, real directory source that forgets everything with its process. */
export function createMemoryDirectorySource(clock: () => number): MemoryDirectorySource {
  const fleetIds = new Set<string>();
  const keys = new Map<string, KeyEntry>();
  const deniedTokens: DeniedTokens[] = [];
  let failure: Error | undefined;
  let lookups = 0;
  let loads = 0;
  const live = ({ expiresAt }: KeyEntry) => expiresAt === undefined || expiresAt > clock();
  return {
    async load(signal) {
      signal.throwIfAborted();
      loads++;
      if (failure) throw failure;
      return { fleetIds: [...fleetIds].sort(), keys: [...keys.values()].filter(live), deniedTokens: [...deniedTokens] };
    },
    async find(hash, signal) {
      signal.throwIfAborted();
      lookups++;
      if (failure) throw failure;
      const entry = keys.get(hash);
      return entry && live(entry) ? entry : undefined;
    },
    addFleet: (fleetId) => void fleetIds.add(fleetId),
    addKey: (entry) => void keys.set(entry.hash, entry),
    revoke: (hash) => void keys.delete(hash),
    deny: (tokens) => void deniedTokens.push(tokens),
    fail: (error) => {
      failure = error;
    },
    lookups: () => lookups,
    loads: () => loads,
  };
}
