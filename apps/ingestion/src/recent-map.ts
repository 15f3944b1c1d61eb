/** Keeps what was used lately, by text. */
export interface RecentMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  /** Forgets what was not used since the last turn. */
  turn(): void;
}

/**
 * Two generations, of which the older is forgotten whole: nothing is searched for what to forget, and no timer runs. It turns by itself once
 * `most` are in the younger, so twice as many are kept at most.
 */
export function createRecentMap<Value>(most = Infinity): RecentMap<Value> {
  let young = new Map<string, Value>();
  let old = new Map<string, Value>();

  function turn(): void {
    old = young;
    young = new Map();
  }

  function set(key: string, value: Value): void {
    if (young.size >= most && !young.has(key)) turn();
    young.set(key, value);
  }

  return {
    get(key) {
      const value = young.get(key);
      if (value !== undefined) return value;
      const kept = old.get(key);
      if (kept !== undefined) set(key, kept);
      return kept;
    },
    set,
    turn,
  };
}
