import { sleep } from '@corral/runtime';
import { connectApi, type ApiClient } from '../commands/api-client';
import { createHeartbeatSender } from '../commands/send-heartbeats';
import city from './city.json';
import { createSimulatedFleet } from './simulated-fleet';

const VEHICLES = 200;
const SEED = 7;
const INTERVAL_MS = 5_000;
const TICK_MS = 500;

/** A demo under way. */
export interface Demo {
  /** From now on says every few seconds what is going on: one line, rewritten where there is a terminal. */
  showProgress(): void;
  stop(): Promise<void>;
}

/** Draws the city, unless zones are in force already, and lets the simulated fleet ride through the public API. */
export async function startDemo(options: { url: string; apiKey: string; signal: AbortSignal }): Promise<Demo> {
  const api = connectApi({ CORRAL_URL: options.url, CORRAL_API_KEY: options.apiKey });
  await drawCity(api);
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const counts = { accepted: 0 };
  const riding = ride(api, counts, signal);
  let showing: Promise<void> | undefined;
  return {
    showProgress: () => void (showing ??= report(api, counts, signal)),
    async stop() {
      stop.abort(new Error('the demo ends'));
      await Promise.all([riding, showing]);
    },
  };
}

async function drawCity(api: ApiClient): Promise<void> {
  const current = await api.request('GET', '/v1/zone-sets/current');
  if (current.status === 404) await api.expect('POST', '/v1/zone-sets?publish=true&profile=immediate', city);
}

async function ride(api: ApiClient, counts: { accepted: number }, signal: AbortSignal): Promise<void> {
  const fleet = createSimulatedFleet({ vehicles: VEHICLES, seed: SEED, intervalMs: INTERVAL_MS });
  const sender = createHeartbeatSender(api);
  while (!signal.aborted) {
    const heartbeats = fleet.due(Date.now());
    try {
      if (heartbeats.length > 0) counts.accepted += (await sender.send(heartbeats, signal)).accepted;
      await sleep(TICK_MS, signal);
    } catch (error) {
      // A demo goes on whatever happens to one batch; the server's own log says what that was.
      if (!signal.aborted) await sleep(1_000, signal).catch(() => undefined);
      else if (!(error instanceof Error)) throw error;
    }
  }
}

async function report(api: ApiClient, counts: { accepted: number }, signal: AbortSignal): Promise<void> {
  const terminal = process.stdout.isTTY;
  while (!signal.aborted) {
    const open = await openAlerts(api).catch(() => undefined);
    if (open !== undefined && !signal.aborted) {
      const text = `${VEHICLES} vehicles, ${counts.accepted} heartbeats accepted, ${open} alerts open`;
      process.stdout.write(terminal ? `\r\u001b[2K${text}` : `${text}\n`);
    }
    await sleep(terminal ? 1_000 : 30_000, signal).catch(() => undefined);
  }
  if (terminal) process.stdout.write('\n');
}

async function openAlerts(api: ApiClient): Promise<string> {
  const { items, nextCursor } = await api.expect<{ items: unknown[]; nextCursor: string | null }>(
    'GET',
    '/v1/alerts?status=open&limit=1000',
  );
  return `${items.length}${nextCursor === null ? '' : '+'}`;
}
