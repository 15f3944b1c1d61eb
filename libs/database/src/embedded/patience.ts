/** How long an embedded server is waited for, ms. */
export interface Patience {
  /** A server that was left behind and says nothing: after that it is ended. */
  readonly silent: number;
  /** A lock that a live process holds: after that we are refused. Long enough for one that is just stopping. */
  readonly held: number;
  /** A lock that a dead process holds, whose backend has not noticed yet. */
  readonly heldByDead: number;
  /** A fast shutdown: after that an immediate one, which recovers at its next start. */
  readonly fast: number;
  /** An immediate shutdown: after that SIGKILL. */
  readonly immediate: number;
}

/** What holds where nothing else is said. */
export const usualPatience: Patience = {
  silent: 5_000,
  held: 3_000,
  heldByDead: 10_000,
  fast: 5_000,
  immediate: 2_000,
};
