import { settlesWithin } from '../until-aborted';

/** What {@link watchForSilence} needs. */
export interface SilenceWatchOptions {
  /** Whether somebody waits for Kafka just now. */
  waiting(): boolean;
  /** Settles when Kafka answers a question asked on a connection of its own. */
  probe(): Promise<void>;
  /** Told once each time that neither an append nor the probe was answered. */
  silent(): void;
  /** So long nothing may come back before Kafka is asked. Default 750. */
  readonly suspectMs?: number;
  /** So long the question may take. Default 1,000. */
  readonly probeMs?: number;
}

/** Notices that nothing at all comes back from Kafka, long before the deadline of an append. */
export interface SilenceWatch {
  /** Somebody begins to wait; nobody did before. */
  begin(): void;
  /** An append was answered. */
  answered(): void;
  close(): void;
}

/**
 * A broker that is gone, paused or cut off answers nobody: then there is no reason to let everybody wait for the whole deadline. Whether it is so is
 * not concluded from silence alone, which a move of leaders makes as well: only when a question on a connection of its own goes unanswered too. In
 * all 503 comes within 2 s (DESIGN 6).
 */
export function watchForSilence(options: SilenceWatchOptions): SilenceWatch {
  const { waiting, probe, silent, suspectMs = 750, probeMs = 1_000 } = options;
  let lastSignAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let asking = false;
  let closed = false;

  function arm(): void {
    if (closed || asking || timer !== undefined) return;
    timer = setTimeout(look, Math.max(10, lastSignAt + suspectMs - performance.now()));
  }

  function look(): void {
    timer = undefined;
    if (closed || !waiting()) return;
    if (performance.now() - lastSignAt < suspectMs) return arm();
    asking = true;
    const askedAt = performance.now();
    let answered = false;
    const asked = probe().then(() => {
      answered = true;
    });
    void settlesWithin(asked, probeMs).then(() => {
      asking = false;
      if (closed || !waiting()) return;
      if (answered) lastSignAt = performance.now();
      // What was appended may have been answered meanwhile: when it was we who slept, all answers come after the timer.
      if (lastSignAt < askedAt) {
        lastSignAt = performance.now();
        silent();
      }
      if (waiting()) arm();
    });
  }

  return {
    begin() {
      lastSignAt = performance.now();
      arm();
    },
    answered() {
      lastSignAt = performance.now();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
