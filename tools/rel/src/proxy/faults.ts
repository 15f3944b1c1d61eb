import type { FrameFate } from '@corral/messaging/testing';
import { seededRandom } from '../seeded-random';

/** What a proxy does to the produce requests of clients and to their answers; shares from 0 to 1. */
export interface Faults {
  /** The broker appended, the answer is lost with its connection. */
  readonly dropReplies: number;
  /** The broker appended, the answer is lost and the connection stays: only a time-out tells. */
  readonly swallowReplies: number;
  /** The broker never sees the request, and the connection breaks. */
  readonly dropRequests: number;
  /** The broker never sees the request, and nobody is told. */
  readonly swallowRequests: number;
  /** Every answer, of whatever call, comes so much later. */
  readonly latencyMs: number;
}

/** A network without faults. */
export const NO_FAULTS: Faults = {
  dropReplies: 0,
  swallowReplies: 0,
  dropRequests: 0,
  swallowRequests: 0,
  latencyMs: 0,
};

/** What was done so far, in frames. */
export interface FaultCounts {
  readonly requests: number;
  readonly repliesDropped: number;
  readonly repliesSwallowed: number;
  readonly requestsDropped: number;
  readonly requestsSwallowed: number;
}

/** Decides the fate of one produce call after another. */
export interface FaultDice {
  ofRequest(): FrameFate;
  ofReply(): FrameFate;
  counts(): FaultCounts;
}

/** Dice that a seed decides: the same calls in the same order meet the same fates. */
export function createFaultDice(seed: number, faults: () => Faults): FaultDice {
  const random = seededRandom(seed);
  const counts = { requests: 0, repliesDropped: 0, repliesSwallowed: 0, requestsDropped: 0, requestsSwallowed: 0 };
  return {
    ofRequest() {
      const { dropRequests, swallowRequests } = faults();
      counts.requests += 1;
      const fate = throwOf(random(), dropRequests, swallowRequests);
      if (fate === 'lose') counts.requestsDropped += 1;
      if (fate === 'swallow') counts.requestsSwallowed += 1;
      return fate;
    },
    ofReply() {
      const { dropReplies, swallowReplies } = faults();
      const fate = throwOf(random(), dropReplies, swallowReplies);
      if (fate === 'lose') counts.repliesDropped += 1;
      if (fate === 'swallow') counts.repliesSwallowed += 1;
      return fate;
    },
    counts: () => ({ ...counts }),
  };
}

function throwOf(dice: number, lose: number, swallow: number): FrameFate {
  if (dice < lose) return 'lose';
  return dice < lose + swallow ? 'swallow' : 'pass';
}
