import { gen, type GenOptions, type GenReport } from '../gen/gen';
import type { ObservedAnswer } from './observed-answers';
import type { Stage } from './scenario';

/** A load that goes on in the background. */
export interface Load {
  /** Every answer so far. */
  readonly answers: readonly ObservedAnswer[];
  /** Heartbeats acknowledged so far. */
  acknowledged(): number;
  /** Settles when `n` heartbeats are acknowledged, or the load was stopped. Rejects when nobody takes them any more. */
  readonly done: Promise<GenReport>;
  /** Sends nothing more, and waits for what is in flight. */
  stop(): Promise<GenReport>;
}

/** Starts a load of the stage's seed. */
export function startLoad(stage: Stage, options: Partial<GenOptions> & Pick<GenOptions, 'n'>): Load {
  const answers: ObservedAnswer[] = [];
  let acknowledged = 0;
  const over = new AbortController();
  const done = gen(stage.folder, {
    ...{ seed: stage.seed, rate: 1_000, vehicles: 200, batch: 10, spread: 1, conc: 64, dup: 0, late: 0, calm: 1 },
    giveUpMs: 120_000,
    progress: stage.say,
    ...options,
    observe(answer, taken) {
      answers.push(answer);
      acknowledged += taken;
    },
    abort: AbortSignal.any([stage.abort, over.signal]),
  });
  // Whoever waits for it is told; until then it must not end the process.
  done.catch(() => undefined);
  return {
    answers,
    acknowledged: () => acknowledged,
    done,
    stop() {
      over.abort();
      return done;
    },
  };
}
