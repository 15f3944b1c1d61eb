import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../cpu-time';
import { firstOk } from '../footprint/first-ok';
import { checkout } from '../rig/checkout';
import { buildGoPrograms, type GoPrograms } from '../rig/go-programs';
import { cpuOf, cpuOfFamily, memoryOf, type Memory } from '../rig/process-cpu';
import { sendLoad } from '../rig/send-load';
import { buildServices, spawnAsImage, type StartedService } from '../rig/services';

/** One rate in batches of 100, held for a while. */
export interface HeldRate {
  /** Heartbeats a second that were sent. */
  readonly offered: number;
  /** Nearly all of it was answered, and what is known did not grow older meanwhile. */
  readonly sustained: boolean;
  readonly answeredPerSecond: number;
  /** Age of the oldest watermark of geofence and history in the first and in the last third, milliseconds. */
  readonly watermarkAgeMs: readonly [first: number, last: number];
  readonly postP99Ms: number;
  /** CPU microseconds a heartbeat: of our one process, and of its PostgreSQL. */
  readonly cpuUs: number;
  readonly postgresCpuUs: number;
}

/** What `--json` tells of `corral up` with everything in one process. */
export interface EmbeddedBench {
  /** The highest rate that was sustained, heartbeats a second; 0: none of those tried. */
  readonly sustainedPerSecond: number;
  readonly rates: readonly HeldRate[];
  /** One heartbeat a POST at a fixed rate, from when a request was due to its 202. */
  readonly single: {
    readonly perSecond: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly p999Ms: number;
    readonly cpuUs: number;
    readonly postgresCpuUs: number;
  };
  /** From spawn to `/readyz`, with a new data folder: PostgreSQL is made on the way. */
  readonly firstStartMs: number;
  /** Of our process, after the load. */
  readonly memory: Memory;
}

/** How thoroughly. */
export interface EmbeddedOptions {
  /** How long a rate is held. */
  readonly seconds: number;
  /** The first rate that is tried, heartbeats a second; each other is 0.7 of the one before. */
  readonly rate: number;
  readonly say: (line: string) => void;
}

/** Rates that are tried, and the lowest of them. */
const [TRIES, SLOWER, LOWEST] = [9, 0.7, 200];
const SINGLES_PER_SECOND = 1_000;
const BATCH = 100;
/** Older by so much from the first third to the last: growing. */
const GROWN_MS = 500;
const CAUGHT_UP_MS = 2_000;
const CATCHES_UP_WITHIN_MS = 120_000;
const KEY = 'the-first-key-of-a-bench-that-holds-no-data';

/** Everything in one process with its own PostgreSQL: how many heartbeats it takes, and how soon it answers one. */
export async function benchEmbedded({ seconds, rate: first, say }: EmbeddedOptions): Promise<EmbeddedBench> {
  buildServices();
  const go = buildGoPrograms();
  const folder = mkdtempSync(join(tmpdir(), 'corral-bench-'));
  const env = { CORRAL_BOOTSTRAP_API_KEY: KEY };
  const program = [join(checkout(), 'apps/corral/dist/main.cjs'), 'up', '--json'];
  const spawned = await spawnAsImage(program, { env, cwd: folder });
  // One port for all of it.
  const corral = { ...spawned, managementPort: spawned.port };
  try {
    const firstStartMs = (await firstOk(corral, '/readyz')) - corral.spawnedAt;
    // The first line of the file in which PostgreSQL says who it is.
    const postgresPid = Number(readFileSync(join(folder, 'pg/postmaster.pid'), 'utf8').split('\n', 1)[0]);
    const rig = { go, corral, postgresPid, seconds, say };
    await hold(rig, 500);
    await caughtUp(corral);
    const single = await sendSingles(rig);
    const rates: HeldRate[] = [];
    for (let rate = first; rates.length < TRIES && rate >= LOWEST; rate = Math.floor((SLOWER * rate) / BATCH) * BATCH) {
      const held = await hold(rig, rate);
      rates.push(held);
      say(
        `${rate}/s: ${held.sustained ? 'sustained' : 'not sustained'}, watermark age ${held.watermarkAgeMs.join(' → ')} ms`,
      );
      await caughtUp(corral);
      if (held.sustained) break;
    }
    return {
      sustainedPerSecond: rates.find(({ sustained }) => sustained)?.offered ?? 0,
      rates,
      single,
      firstStartMs: Math.round(firstStartMs),
      memory: memoryOf(corral.pid),
    };
  } finally {
    await corral.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Rig {
  readonly go: GoPrograms;
  readonly corral: StartedService;
  readonly postgresPid: number;
  readonly seconds: number;
  readonly say: (line: string) => void;
}

async function hold(rig: Rig, offered: number): Promise<HeldRate> {
  const { corral, seconds } = rig;
  const ages: number[] = [];
  const sending = send(rig, BATCH, offered / BATCH);
  const over = sending.then(
    () => true,
    () => true,
  );
  while (!(await Promise.race([over, sleep(500, false)]))) ages.push(await watermarkAgeMs(corral));
  const { answered, p99Ms, ...cpu } = await sending;
  const third = Math.max(1, Math.floor(ages.length / 3));
  const thirds = [ages.slice(0, third), ages.slice(-third)].map((some) => Math.round(median(some)));
  const [first, last] = thirds as [number, number];
  return {
    offered,
    answeredPerSecond: Math.round((answered * BATCH) / seconds),
    // What was never sent was not sustained either.
    sustained: answered * BATCH >= 0.98 * offered * seconds && last - first < GROWN_MS,
    watermarkAgeMs: [first, last],
    postP99Ms: p99Ms,
    ...cpu,
  };
}

async function sendSingles(rig: Rig): Promise<EmbeddedBench['single']> {
  const { p50Ms, p99Ms, p999Ms, cpuUs, postgresCpuUs } = await send(rig, 1, SINGLES_PER_SECOND);
  return { perSecond: SINGLES_PER_SECOND, p50Ms, p99Ms, p999Ms, cpuUs, postgresCpuUs };
}

/** CPU is that of the time of sending; what is worked off later is little where a rate is sustained. */
async function send({ go, corral, postgresPid, seconds }: Rig, batch: number, rate: number) {
  const [own, postgres] = [cpuOf(corral.pid), cpuOfFamily(postgresPid)];
  const result = await sendLoad({
    program: go.load,
    address: `127.0.0.1:${corral.port}`,
    key: KEY,
    batch,
    rate,
    connections: 32,
    vehicles: 2_000,
    warmUpMs: 0,
    durationMs: seconds * 1_000,
  });
  const heartbeats = result.answered * batch;
  const perHeartbeat = (ms: number) => Math.round((ms * 10_000) / heartbeats) / 10;
  return {
    ...result,
    cpuUs: perHeartbeat(cpuOf(corral.pid) - own),
    postgresCpuUs: perHeartbeat(cpuOfFamily(postgresPid) - postgres),
  };
}

async function caughtUp(corral: StartedService): Promise<void> {
  for (const deadline = performance.now() + CATCHES_UP_WITHIN_MS; performance.now() < deadline; await sleep(250))
    if ((await watermarkAgeMs(corral)) < CAUGHT_UP_MS) return;
  throw new Error(`what was sent is not worked off after ${CATCHES_UP_WITHIN_MS / 1_000} s`);
}

/** How far behind the consumer of heartbeats is that is further behind. */
async function watermarkAgeMs({ port }: StartedService): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const ages = [...metrics.matchAll(/^corral_watermark_age_seconds\{.*\} (\S+)$/gm)].map(([, age]) => Number(age));
  if (ages.length === 0) throw new Error('/metrics tells no corral_watermark_age_seconds');
  return 1_000 * Math.max(...ages);
}
