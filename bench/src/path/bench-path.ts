import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventLog } from '@corral/messaging';
import { median } from '../cpu-time';
import { buildGoPrograms, type GoPrograms } from '../rig/go-programs';
import { cpuOf, cpuOfFamily, memoryOf, type Memory } from '../rig/process-cpu';
import { sendLoad } from '../rig/send-load';
import type { ServerProcess } from '../rig/start-server';
import { openStackLog, startStack, type Stack } from '../rig/start-stack';
import { readCounters, readProgress, type ConsumerName, type Progress } from './path-progress';
import { API_KEY, startPathServices, type ServiceName } from './path-services';
import { pathZones } from './path-zones';
import { sendProbes, startSink, type Sink } from './probes';

/** Who uses the cores. */
export type Worker = ServiceName | 'kafka' | 'postgres';

/** One rate, held for a while. */
export interface RateFigures {
  /** Heartbeats a second that were sent, in batches of 100. */
  readonly offered: number;
  readonly seconds: number;
  /** The watermarks of geofence and history did not grow older, and nothing waits for notification. */
  readonly sustained: boolean;
  /** Records a second that each consumer committed. */
  readonly processed: Readonly<Record<ConsumerName, number>>;
  /** Age of the oldest watermark in the first and in the last third, milliseconds; of notification the records that wait. */
  readonly watermarkAgeMs: Readonly<Record<'geofence' | 'history', readonly [first: number, last: number]>>;
  readonly notificationLag: readonly [first: number, last: number];
  readonly postP99Ms: number;
  /** Of one core, percent. */
  readonly cpuPercent: Readonly<Record<Worker, number>>;
  /** CPU microseconds for each heartbeat sent, until all of it was worked off. */
  readonly cpuUs: Readonly<Record<Worker, number>>;
  readonly walBytesPerHeartbeat: number;
  /** Of the updates of `vehicle_state`, 0 to 1. */
  readonly hotShare: number;
  readonly factsPerHeartbeat: number;
  readonly commitsPerSecond: number;
  /** Records a second while the backlog that was left was worked off, with nothing sent; absent: there was none. */
  readonly catchUpPerSecond?: Readonly<Partial<Record<'geofence' | 'history', number>>>;
}

/** Percentiles, milliseconds. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What `--json` tells. */
export interface PathBench {
  /** The highest rate that was sustained, heartbeats a second; 0: none of those tried. */
  readonly sustainedPerSecond: number;
  readonly rates: readonly RateFigures[];
  /** Absent when it was not asked for. */
  readonly latency?: {
    readonly offered: number;
    readonly probes: number;
    readonly toAlert: Latency;
    readonly toWebhook: Latency;
    readonly watermarkAgeMs: number;
  };
  readonly memory: Readonly<Record<ServiceName, Memory>>;
  readonly setting: string;
}

/** How thoroughly. */
export interface PathOptions {
  /** How long a rate is held. */
  readonly seconds: number;
  /** The first rate that is tried, heartbeats a second. */
  readonly rate: number;
  /** How many rates are tried, each below what the one before could not hold. */
  readonly tries: number;
  /** Only these parts. */
  readonly parts: readonly string[];
  readonly nodeFlags: readonly string[];
  readonly profile?: ServiceName;
  readonly say: (line: string) => void;
}

const PARTITIONS = 48;
/** Of PostgreSQL: the sizes of the platform's cluster (k8s/platform/postgres), and what tells when an alert was committed. */
const SERVER = { shared_buffers: '2GB', max_wal_size: '4GB', track_commit_timestamp: 'on' };
const VEHICLES = 20_000;
const BATCH = 100;
const CONNECTIONS = 32;
/** At which latency is promised. */
const CALM_RATE = 4_000;
const PROBES_PER_SECOND = 40;
/** For no longer: it is not what grows with time. */
const LATENCY_S = 15;
/** So long the calm rate is held before the first probe: what the rates have left behind (a checkpoint, a vacuum) is not of it. */
const CALMED_S = 5;
/** Older by so much from the first third to the last: growing. */
const GROWN_MS = 500;
/** More waiting facts than this in the end: not kept up. */
const FACTS_WAITING = 2_000;

/** From POST to the alert's webhook, everything on this machine: which rate is sustained, and how long an alert takes at {@link CALM_RATE}. */
export async function benchPath(options: PathOptions): Promise<PathBench> {
  const { say } = options;
  const go = buildGoPrograms();
  const stack = await startStack(PARTITIONS, { durable: true, settings: SERVER });
  const folder = mkdtempSync(join(tmpdir(), 'corral-bench-'));
  const ends: (() => Promise<void>)[] = [() => stack.stop()];
  try {
    const log = await openStackLog(stack);
    ends.push(() => log.close());
    const sink = await startSink();
    ends.push(() => sink.stop());
    const services = await startPathServices(stack, { ...options, folder }, ({ stop }) => void ends.push(stop));
    await setUp(services.gateway, sink);
    const rig: Rig = { go, stack, log, services, sink, say };
    say(`${stack.versions}, ${PARTITIONS} partitions, Node ${process.versions.node}`);
    // Every vehicle is known, zones are compiled, code is warm.
    await send(rig, CALM_RATE, 5);
    await drained(rig);

    const rates: RateFigures[] = [];
    const tries = options.parts.includes('rate') ? options.tries : 0;
    for (let rate = options.rate; rates.length < tries && rate > 0;) {
      const held = await holdRate(rig, rate, options.seconds);
      rates.push(held);
      say(sentence(held));
      if (held.sustained) break;
      const { geofence, history } = held.processed;
      rate = Math.floor((0.9 * Math.min(geofence, history, rate)) / 500) * 500;
    }
    // After the rates: the broker, too, compiles what it does often, and takes a minute of both cores for it.
    const latency = options.parts.includes('latency')
      ? await measureLatency(rig, Math.min(options.seconds, LATENCY_S))
      : undefined;
    return {
      sustainedPerSecond: Math.max(0, ...rates.filter(({ sustained }) => sustained).map(({ offered }) => offered)),
      rates,
      latency,
      memory: mapValues(services, ({ pid }) => memoryOf(pid)),
      setting: `${stack.versions} with fsync, one broker, ${PARTITIONS} partitions, ${VEHICLES.toLocaleString('en')} vehicles, 500 zones, batches of ${BATCH}, profile \`immediate\``,
    };
  } finally {
    for (const end of ends.reverse()) await end();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Rig {
  readonly go: GoPrograms;
  readonly stack: Stack;
  readonly log: EventLog;
  readonly services: Readonly<Record<ServiceName, ServerProcess>>;
  readonly sink: Sink;
  readonly say: (line: string) => void;
}

/** Publishes the zones and registers the sink, through the gateway as a customer would. */
async function setUp({ address }: ServerProcess, sink: Sink): Promise<void> {
  let seed = 7;
  const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  await call(address, '/v1/zone-sets?publish=true&profile=immediate', pathZones(random));
  await call(address, '/v1/webhook-endpoints', { url: sink.url, types: ['alert.opened'], description: 'bench' });
}

async function call(address: string, path: string, body: object): Promise<void> {
  const answer = await fetch(`http://${address}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status !== 201) throw new Error(`POST ${path} was answered ${answer.status}: ${await answer.text()}`);
}

function send({ go, stack, services }: Rig, rate: number, seconds: number) {
  return sendLoad({
    program: go.load,
    address: services.ingestion.address,
    key: stack.key,
    batch: BATCH,
    connections: CONNECTIONS,
    rate: rate / BATCH,
    vehicles: VEHICLES,
    warmUpMs: 0,
    durationMs: seconds * 1_000,
  });
}

async function holdRate(rig: Rig, offered: number, seconds: number): Promise<RateFigures> {
  const { stack, log } = rig;
  const before = { at: performance.now(), cpu: cpuNow(rig), counters: await readCounters(stack) };
  const samples: Progress[] = [];
  const sending = send(rig, offered, seconds);
  const over = sending.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([over, sleep(1_000, false)]))) samples.push(await readProgress(stack, log));
  const load = await sending;
  const passed = performance.now() - before.at;
  const held = mapValues(cpuNow(rig), (ms, who) => ms - before.cpu[who]);
  const catchUpPerSecond = await drained(rig);
  const used = mapValues(cpuNow(rig), (ms, who) => ms - before.cpu[who]);
  // Statistics of tables are told a second late.
  await sleep(1_200);
  const counters = await readCounters(stack);
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || samples.length < 6)
    throw new Error(`${seconds} s are too short to see whether a rate is held`);
  const third = Math.floor(samples.length / 3);
  const thirds = (of: (progress: Progress) => number): readonly [number, number] => [
    Math.round(median(samples.slice(0, third).map(of))),
    Math.round(median(samples.slice(-third).map(of))),
  ];
  const processed = (of: ConsumerName) =>
    Math.round(((last.of[of].records - first.of[of].records) * 1_000) / (last.at - first.at));
  const watermarkAgeMs = {
    geofence: thirds(({ of }) => of.geofence.watermarkAgeMs),
    history: thirds(({ of }) => of.history.watermarkAgeMs),
  };
  const notificationLag = thirds(({ of }) => of.notification.lag);
  const sent = load.answered * BATCH;
  // What was never sent was not sustained either.
  const keptUp = sent >= 0.98 * offered * seconds && notificationLag[1] < FACTS_WAITING;
  return {
    offered,
    seconds,
    sustained: keptUp && Object.values(watermarkAgeMs).every(([from, to]) => to - from < GROWN_MS),
    processed: {
      geofence: processed('geofence'),
      history: processed('history'),
      notification: processed('notification'),
    },
    watermarkAgeMs,
    notificationLag,
    postP99Ms: load.p99Ms,
    cpuPercent: mapValues(held, (ms) => round((100 * ms) / passed, 0)),
    cpuUs: mapValues(used, (ms) => round((1_000 * ms) / sent, 1)),
    walBytesPerHeartbeat: Math.round((counters.walBytes - before.counters.walBytes) / sent),
    hotShare: round(
      (counters.hotUpdates - before.counters.hotUpdates) / (counters.updates - before.counters.updates || Number.NaN),
      4,
    ),
    factsPerHeartbeat: round((counters.facts - before.counters.facts) / sent, 4),
    commitsPerSecond: Math.round(((counters.commits - before.counters.commits) * 1_000) / passed),
    catchUpPerSecond,
  };
}

/** Latency at the calm rate, which must be held meanwhile. */
async function measureLatency(rig: Rig, seconds: number): Promise<NonNullable<PathBench['latency']>> {
  const { stack, services, sink, say, log } = rig;
  const to = { address: services.ingestion.address, key: stack.key, database: stack.database, sink };
  const sending = send(rig, CALM_RATE, CALMED_S + seconds + 3);
  await sleep(1_000 * CALMED_S);
  const probing = sendProbes(to, { perSecond: PROBES_PER_SECOND, seconds, name: 'calm' });
  const ages: number[] = [];
  const over = sending.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([over, sleep(1_000, false)])))
    ages.push((await readProgress(stack, log)).of.geofence.watermarkAgeMs);
  say(`watermark age at ${CALM_RATE}/s: ${ages.join(' ')} ms`);
  await sending;
  const { sent, toAlertMs, toWebhookMs } = await probing;
  if (toAlertMs.length < sent || toWebhookMs.length < sent)
    throw new Error(
      `of ${sent} probes ${toAlertMs.length} have an alert and ${toWebhookMs.length} were told by webhook`,
    );
  const figures = {
    offered: CALM_RATE,
    probes: sent,
    toAlert: percentiles(toAlertMs),
    toWebhook: percentiles(toWebhookMs),
    watermarkAgeMs: Math.round(median(ages)),
  };
  say(
    `${CALM_RATE}/s: 202 to alert p50 ${figures.toAlert.p50Ms}, p99 ${figures.toAlert.p99Ms} ms; to webhook p50 ${figures.toWebhook.p50Ms}, p99 ${figures.toWebhook.p99Ms} ms; watermark age ${figures.watermarkAgeMs} ms`,
  );
  return figures;
}

/** Waits until nothing is left to do; answers how quickly a backlog was worked off, if there was one worth it. */
async function drained(rig: Rig): Promise<RateFigures['catchUpPerSecond']> {
  const begin = await readProgress(rig.stack, rig.log);
  const doneAt: Partial<Record<ConsumerName, Progress>> = {};
  for (let now = begin; ; now = await readProgress(rig.stack, rig.log)) {
    for (const consumer of Object.keys(now.of) as ConsumerName[])
      if (now.of[consumer].lag < 100) doneAt[consumer] ??= now;
    if (doneAt.geofence && doneAt.history && doneAt.notification) break;
    if (now.at - begin.at > 300_000) throw new Error('a backlog was not worked off within 5 minutes');
    await sleep(500);
  }
  const perSecond = (of: 'geofence' | 'history') =>
    Math.round(((doneAt[of]!.of[of].records - begin.of[of].records) * 1_000) / (doneAt[of]!.at - begin.at));
  const behind = (['geofence', 'history'] as const).filter((of) => begin.of[of].lag >= 20_000);
  return behind.length === 0 ? undefined : Object.fromEntries(behind.map((of) => [of, perSecond(of)]));
}

function cpuNow({ stack, services }: Rig): Record<Worker, number> {
  return {
    ...mapValues(services, ({ pid }) => cpuOf(pid)),
    kafka: stack.brokerPid === undefined ? Number.NaN : cpuOf(stack.brokerPid),
    postgres: cpuOfFamily(stack.databasePid),
  };
}

function sentence(it: RateFigures): string {
  const { offered, sustained, processed, watermarkAgeMs, cpuUs, walBytesPerHeartbeat, hotShare, catchUpPerSecond } = it;
  const cpu = Object.entries(cpuUs).map(([who, us]) => `${who} ${us}`);
  const inAll = Object.values(cpuUs).reduce((sum, us) => sum + us, 0);
  return [
    `${offered}/s ${sustained ? 'sustained' : 'NOT sustained'}: geofence ${processed.geofence}/s, history ${processed.history}/s`,
    `watermark age ${watermarkAgeMs.geofence.join(' → ')} ms, history ${watermarkAgeMs.history.join(' → ')} ms`,
    ...(catchUpPerSecond
      ? [
          `then ${Object.entries(catchUpPerSecond)
            .map(([of, rate]) => `${of} ${rate}/s`)
            .join(', ')}`,
        ]
      : []),
    `CPU µs a heartbeat: ${cpu.join(', ')}, in all ${inAll.toFixed(1)}`,
    `WAL ${walBytesPerHeartbeat} bytes, HOT ${hotShare}, ${it.commitsPerSecond} commits/s, ${it.factsPerHeartbeat} facts`,
  ].join('; ');
}

function percentiles(times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!, 1);
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function mapValues<Key extends string, From, To>(
  values: Readonly<Record<Key, From>>,
  to: (value: From, key: Key) => To,
): Record<Key, To> {
  return Object.fromEntries(
    (Object.entries(values) as [Key, From][]).map(([key, value]) => [key, to(value, key)]),
  ) as Record<Key, To>;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
