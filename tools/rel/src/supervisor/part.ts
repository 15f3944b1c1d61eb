/** How a part is struck. */
export interface Blow {
  readonly signal: NodeJS.Signals;
  /** Between its end and its new start. */
  readonly downMs: number;
  /** Whether it comes back at all. */
  readonly restart: boolean;
}

/** How it went. */
export interface Struck {
  readonly part: string;
  readonly pid: number | undefined;
  /** From the blow until it was ready again; absent when it was not to come back. */
  readonly backAfterMs?: number;
  /** Of that, from its new start on. */
  readonly startMs?: number;
  readonly exit?: string;
  /** From the blow until it had gone. */
  readonly endedAfterMs?: number;
}

/** What runs just now. */
export interface PartStatus {
  readonly part: string;
  readonly pids: readonly number[];
  readonly ready: boolean;
  /** How often it was started again because it ended without being told to. */
  readonly endedByItself: number;
}

/** One thing the supervisor owns: a service, the broker, PostgreSQL. */
export interface Part {
  readonly name: string;
  /** Starts what does not run; resolves when it is ready. */
  start(): Promise<void>;
  pids(): readonly number[];
  /** SIGSTOP or SIGCONT: nothing ends. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it with this signal and, if wanted, brings it back; resolves when it is ready again, or gone. */
  strike(blow: Blow): Promise<Struck>;
  /** Ends it in good order, and harder where that does not help. Safe to call twice. */
  stop(): Promise<void>;
  status(): Promise<PartStatus>;
}
