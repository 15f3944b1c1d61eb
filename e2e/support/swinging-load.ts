import type { Api } from './api';
import { swingingRide, type RiddenHeartbeat } from './track-crossing';

/** Vehicles that ride until they are told to stop, each sending in order, one request in flight, every batch until it is acknowledged. */
export interface SwingingLoad {
  /** How many heartbeats were acknowledged so far. */
  acknowledged(): number;
  /** Answers so far by status; 0 is a connection that broke. */
  readonly answers: ReadonlyMap<number, number>;
  /** The slowest answer so far, milliseconds. */
  slowestMs(): number;
  /** Ends the rides after the batches under way; answers what was acknowledged, vehicle by vehicle. */
  stop(): Promise<RiddenHeartbeat[][]>;
}

const BATCH = 5;
/** A ride may be so long, in heartbeats a second apart; it begins so long ago. */
const LONGEST_RIDE = 3_000;

/** Starts `vehicles` rides, each of about `perSecond` heartbeats a second. */
export function startSwingingLoad(ingestion: Api, vehicles: number, perSecond: number): SwingingLoad {
  const startsAt = Date.now() - LONGEST_RIDE * 1_000;
  const answers = new Map<number, number>();
  let acknowledged = 0;
  let slowestMs = 0;
  let going = true;

  async function send(heartbeats: readonly RiddenHeartbeat[]): Promise<void> {
    for (;;) {
      const began = performance.now();
      const { status, body } = await ingestion.post('/v1/heartbeats', { heartbeats });
      slowestMs = Math.max(slowestMs, performance.now() - began);
      answers.set(status, (answers.get(status) ?? 0) + 1);
      if (status === 202) {
        expect(body).toEqual({ accepted: heartbeats.length, rejected: [] });
        acknowledged += heartbeats.length;
        return;
      }
      // Nothing else is a promise to take it later.
      expect([0, 503]).toContain(status);
      await pause(100);
    }
  }

  async function ride(number: number): Promise<RiddenHeartbeat[]> {
    const all = swingingRide(`bike-${number}`, number, LONGEST_RIDE, startsAt);
    let sent = 0;
    for (; going && sent < all.length; sent += BATCH) {
      await send(all.slice(sent, sent + BATCH));
      await pause((1_000 * BATCH) / perSecond);
    }
    return all.slice(0, sent);
  }

  const rides = Promise.all(Array.from({ length: vehicles }, (_, number) => ride(number)));
  // Whoever stops the load hears of it.
  rides.catch(() => undefined);
  return {
    acknowledged: () => acknowledged,
    answers,
    slowestMs: () => Math.round(slowestMs),
    stop() {
      going = false;
      return rides;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
