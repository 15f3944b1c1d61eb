import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@corral/database';
import { PROBED } from './path-zones';

/** How long it took from the 202 of a heartbeat that breaks a rule; milliseconds, one for each probe. */
export interface ProbeTimes {
  /** To the commit of the alert's row, by PostgreSQL's own note of when. */
  readonly toAlertMs: readonly number[];
  /** To the first byte of the webhook that tells of it. */
  readonly toWebhookMs: readonly number[];
  readonly sent: number;
}

/** Where webhooks arrive. */
export interface Sink {
  readonly url: string;
  /** By vehicle: when the first byte came, epoch ms. */
  readonly heardAt: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

/** Answers every webhook at once, and notes when it began to come. */
export async function startSink(): Promise<Sink> {
  const heardAt = new Map<string, number>();
  const server = createServer((incoming, response) => {
    const at = Date.now();
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: { vehicleId?: string } };
      if (data.vehicleId !== undefined && !heardAt.has(data.vehicleId)) heardAt.set(data.vehicleId, at);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    heardAt,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A vehicle is outside for so long before it enters: long enough that both heartbeats are decided apart. */
const OUTSIDE_MS = 2_000;
/** How long webhooks are waited for after the last probe, where the path has fallen behind. */
const PATIENCE_MS = 120_000;

/**
 * Rides vehicles into the zone where nobody may ride, each once, `perSecond` of them, by POSTs of a single heartbeat; then asks when their alerts were
 * committed and heard of. The database must keep commit timestamps.
 */
export async function sendProbes(
  to: { readonly address: string; readonly key: string; readonly database: Database; readonly sink: Sink },
  { perSecond, seconds, name }: { readonly perSecond: number; readonly seconds: number; readonly name: string },
): Promise<ProbeTimes> {
  const agent = new Agent({ keepAlive: true });
  const answeredAt = new Map<string, number>();
  const began = performance.now();
  const probes = Array.from({ length: perSecond * seconds }, async (_, i) => {
    const vehicleId = `probe-${name}-${i}`;
    const due = (i * 1_000) / perSecond;
    await until(began + due);
    await post(agent, to, { ...heartbeat(vehicleId), lng: PROBED.lng - PROBED.halfDeg - 0.0002 });
    await until(began + due + OUTSIDE_MS);
    await post(agent, to, { ...heartbeat(vehicleId), lng: PROBED.lng - PROBED.halfDeg + 0.0002 });
    answeredAt.set(vehicleId, Date.now());
  });
  await Promise.all(probes);
  agent.destroy();
  const vehicles = [...answeredAt.keys()];
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(100))
    if (vehicles.every((vehicle) => to.sink.heardAt.has(vehicle))) break;
  const { rows } = await to.database.query<{ vehicle_id: string; committed_at: number }>(
    `SELECT vehicle_id, extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 AS committed_at
       FROM alert WHERE vehicle_id = ANY ($1::text[])`,
    [vehicles],
  );
  const since = (vehicle: string, at: number) => Math.max(0, at - answeredAt.get(vehicle)!);
  return {
    sent: vehicles.length,
    toAlertMs: rows.map((row) => since(row.vehicle_id, row.committed_at)),
    toWebhookMs: vehicles.flatMap((vehicle) => {
      const at = to.sink.heardAt.get(vehicle);
      return at === undefined ? [] : [since(vehicle, at)];
    }),
  };
}

function heartbeat(vehicleId: string) {
  const measuredAt = new Date().toISOString();
  return { vehicleId, measuredAt, lat: PROBED.lat, accuracyM: 8, speedMps: 4.2, state: 'on_trip', tripId: 'probe' };
}

function until(at: number): Promise<void> {
  return sleep(Math.max(0, at - performance.now()));
}

/** Rejects unless it is answered 202. */
function post(agent: Agent, { address, key }: { address: string; key: string }, body: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(`http://${address}/v1/heartbeats`, {
      agent,
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      response.resume();
      if (response.statusCode === 202) resolve();
      else reject(new Error(`a probe was answered ${response.statusCode}`));
    });
    sent.end(JSON.stringify(body));
  });
}
