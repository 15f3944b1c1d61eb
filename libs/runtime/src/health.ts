/** Answers why something is not well, or undefined when it is. It must answer at once, from memory. */
export type HealthCheck = () => string | undefined;

/** What a probe is told. */
export interface HealthAnswer {
  readonly status: 200 | 503;
  /** JSON: `{ status, checks: { name: 'ok' | reason } }`. */
  readonly body: string;
}

/** Whether this process lives and is ready, gathered from its parts. Live never asks Kafka or PostgreSQL: restarting us would not heal them. */
export interface Health {
  ready(name: string, check: HealthCheck): void;
  live(name: string, check: HealthCheck): void;
  /** From now on not ready, because we are leaving. */
  setStopping(): void;
  stopping(): boolean;
  isReady(): boolean;
  /** The answer for `/livez` and `/readyz`; undefined for any other path. */
  answer(path: string): HealthAnswer | undefined;
}

/** A health without checks: alive and ready. */
export function createHealth(): Health {
  const readyChecks = new Map<string, HealthCheck>();
  const liveChecks = new Map<string, HealthCheck>();
  let leaving = false;
  readyChecks.set('process', () => (leaving ? 'stopping' : undefined));
  return {
    ready: (name, check) => void readyChecks.set(name, check),
    live: (name, check) => void liveChecks.set(name, check),
    setStopping: () => {
      leaving = true;
    },
    stopping: () => leaving,
    isReady: () => [...readyChecks.values()].every((check) => check() === undefined),
    answer: (path) => {
      if (path === '/livez') return answerOf(liveChecks);
      if (path === '/readyz') return answerOf(readyChecks);
      return undefined;
    },
  };
}

function answerOf(checks: ReadonlyMap<string, HealthCheck>): HealthAnswer {
  const reasons = [...checks].map(([name, check]) => [name, check()] as const);
  const well = reasons.every(([, reason]) => reason === undefined);
  const body = {
    status: well ? 'ok' : 'unavailable',
    checks: Object.fromEntries(reasons.map(([name, reason]) => [name, reason ?? 'ok'])),
  };
  return { status: well ? 200 : 503, body: JSON.stringify(body) };
}
