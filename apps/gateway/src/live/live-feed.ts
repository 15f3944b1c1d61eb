import type { Database } from '@corral/database';
import { sleep, type Logger } from '@corral/runtime';
import type { Response } from 'express';
import type { Authenticate } from '../keys/authenticate';
import { openLiveClient, type LiveClient, type LiveWish } from './live-client';
import { writeLiveCursor, type LiveVector } from './live-cursor';
import { isKept, placesBetween, readBetween, readHead } from './outbox-reader';
import { createTelemetryWatch } from './telemetry-watch';

/** How often the feed does what it does, milliseconds. */
export interface LiveTimes {
  /** Looks at the outbox. */
  readonly lookMs: number;
  /** Shows that a stream lives. */
  readonly keepAliveMs: number;
  /** Asks whether the keys of open streams still live: a revoked one loses its streams within 15 s. */
  readonly checkKeysMs: number;
}

/** As CONTRACT 8 promises. */
export const LIVE_TIMES: LiveTimes = { lookMs: 200, keepAliveMs: 15_000, checkKeysMs: 5_000 };

const AT_ONCE = 500;

/** The outbox, told to everybody who follows it. */
export interface LiveFeed {
  /** Opens a stream from the vector on (from now if undefined) and serves it until the client is gone. `expired`: no longer kept. */
  open(wish: LiveWish, from: LiveVector | undefined): Promise<LiveOpening>;
  clients(): number;
}

/** A stream that may begin, or not. */
export type LiveOpening =
  | { readonly kind: 'open'; serve(response: Response, signal: AbortSignal): Promise<void>; abandon(): void }
  | { readonly kind: 'expired' };

/** One look per process at the outbox, however many clients follow it; none while nobody does. */
export function createLiveFeed(options: {
  readonly database: Database;
  readonly authenticate: Authenticate;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly times?: LiveTimes;
}): LiveFeed {
  const { database, authenticate, logger, signal: stopping, times = LIVE_TIMES } = options;
  const clients = new Set<LiveClient>();
  const telemetry = createTelemetryWatch(database);
  /** Who follows or is about to. */
  let followers = 0;
  let head = new Map<string, number>();
  let following: { readonly stop: AbortController; readonly ready: Promise<void> } | undefined;

  async function enter(): Promise<void> {
    followers += 1;
    following ??= follow();
    try {
      await following.ready;
    } catch (error) {
      leave();
      throw error;
    }
  }

  function leave(): void {
    followers -= 1;
    if (followers > 0) return;
    following?.stop.abort();
    following = undefined;
    telemetry.forget();
  }

  function follow() {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, stopping]);
    const ready = readHead(database).then((found) => {
      if (signal.aborted) return;
      head = found;
      void looking(signal);
    });
    const begun = { stop, ready };
    // Whoever entered hears of it; the next one tries anew.
    ready.catch(() => {
      if (following === begun) following = undefined;
    });
    return begun;
  }

  async function looking(signal: AbortSignal): Promise<void> {
    let [keptAlive, checked, failing] = [performance.now(), performance.now(), false];
    while (!signal.aborted) {
      try {
        await look(signal);
        if (!signal.aborted && wanted('telemetry')) await telemetry.look(clients);
        if (performance.now() - checked > times.checkKeysMs) {
          checked = performance.now();
          await dropRevoked();
        }
        failing = false;
      } catch (error) {
        // The streams stay open: what is missed now is read later.
        if (!failing && !signal.aborted) logger.warn({ err: error }, 'the live stream cannot look at the outbox');
        failing = true;
      }
      if (performance.now() - keptAlive > times.keepAliveMs) {
        keptAlive = performance.now();
        const cursor = writeLiveCursor(head);
        for (const client of clients) client.keepAlive(cursor);
      }
      await sleep(times.lookMs, signal).catch(() => undefined);
    }
    if (stopping.aborted) for (const client of clients) client.end();
  }

  async function look(signal: AbortSignal): Promise<void> {
    const end = await readHead(database);
    while (placesBetween(head, end).length > 0 && !signal.aborted) {
      const entries = await readBetween(database, head, end, { limit: AT_ONCE, recent: true });
      // Who followed is gone, and others may have begun anew: what stands in `head` is theirs.
      if (signal.aborted) return;
      // From here on nothing waits: a client that joins sees either all of this or none.
      const full = new Map<string, number>();
      for (const entry of entries) {
        head.set(entry.place, entry.seq);
        full.set(entry.place, (full.get(entry.place) ?? 0) + 1);
        let cursor: string | undefined;
        for (const client of clients)
          if (client.caller.fleetId === entry.fleetId) client.tell(entry, () => (cursor ??= writeLiveCursor(head)));
      }
      for (const [place, seq] of end)
        if ((full.get(place) ?? 0) < AT_ONCE) head.set(place, Math.max(seq, head.get(place) ?? 0));
    }
  }

  /** Reads what was missed until nothing is left between the client and the others; then, without waiting, it is one of them. */
  async function catchUp(client: LiveClient, from: LiveVector, signal: AbortSignal): Promise<void> {
    const seen = new Map(from);
    // Another gateway may have told it more than we have looked at.
    while (placesBetween(head, from).length > 0) await sleep(times.lookMs, signal);
    for (;;) {
      const goal = new Map(head);
      if (placesBetween(seen, goal).length === 0) break;
      const entries = await readBetween(database, seen, goal, { limit: AT_ONCE, fleetId: client.caller.fleetId });
      const full = new Map<string, number>();
      for (const entry of entries) {
        seen.set(entry.place, entry.seq);
        full.set(entry.place, (full.get(entry.place) ?? 0) + 1);
        client.tell(entry, () => writeLiveCursor(seen));
        await client.drained(signal);
      }
      for (const [place, seq] of goal)
        if ((full.get(place) ?? 0) < AT_ONCE) seen.set(place, Math.max(seq, seen.get(place) ?? 0));
    }
    clients.add(client);
  }

  async function dropRevoked(): Promise<void> {
    const callers = new Set([...clients].map((client) => client.caller));
    if (callers.size === 0) return;
    const live = await authenticate.stillLive([...callers]);
    for (const client of clients) if (callers.has(client.caller) && !live.has(client.caller)) client.end();
  }

  function wanted(kind: 'telemetry'): boolean {
    return [...clients].some((client) => client.kinds.has(kind));
  }

  return {
    clients: () => clients.size,
    async open(wish, from) {
      await enter();
      let left = false;
      const abandon = () => {
        if (!left) leave();
        left = true;
      };
      try {
        // What others know may be newer than our last look.
        if (from !== undefined && !(await isKept(database, from, await readHead(database)))) {
          abandon();
          return { kind: 'expired' };
        }
      } catch (error) {
        abandon();
        throw error;
      }
      const start = from ?? new Map(head);
      return {
        kind: 'open',
        abandon,
        async serve(response, signal) {
          let client: LiveClient | undefined;
          try {
            client = openLiveClient(response, wish, writeLiveCursor(start));
            await catchUp(client, start, signal);
            await aborted(signal);
          } finally {
            if (client !== undefined) clients.delete(client);
            abandon();
            response.end();
          }
        },
      };
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
