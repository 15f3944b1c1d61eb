import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spread, type Spread } from '../cpu-time';
import { buildGoPrograms, type GoPrograms } from '../rig/go-programs';
import { memoryOf, onCoreMs, type Memory } from '../rig/process-cpu';
import { sendLoad } from '../rig/send-load';
import {
  buildServices,
  SERVICES,
  spawnAsImage,
  spawnService,
  type ServiceName,
  type StartedService,
} from '../rig/services';
import { startStack, type Stack } from '../rig/start-stack';
import { firstOk } from './first-ok';
import { publishZones } from './publish-zones';

/** From spawn to an answer, of several starts. */
export interface StartFigures {
  /** Until `/livez` answered 200, milliseconds. */
  readonly liveMs: Spread;
  /** Until `/readyz` did: all is connected and work is taken. */
  readonly readyMs: Spread;
  /** Processor time of the process until then, milliseconds: what is left of it on a machine that does nothing else. */
  readonly liveCpuMs: Spread;
  readonly readyCpuMs: Spread;
}

/** What one service costs. */
export interface ServiceFootprint {
  /** With the compile cache that the image has. */
  readonly warm: StartFigures;
  /** Without. */
  readonly cold: StartFigures;
  readonly idle: Memory;
  /** The most that was seen while heartbeats came in. */
  readonly underLoad: Memory;
}

/** What `--json` tells. */
export interface FootprintBench {
  readonly services: Readonly<Record<ServiceName, ServiceFootprint>>;
  /** A Node that only answers 200, started the same way in the same rounds: what no program can go below. */
  readonly bareNode: { readonly liveMs: Spread; readonly liveCpuMs: Spread; readonly idle: Memory };
  readonly zones: number;
  readonly load: { readonly singlesPerSecond: number; readonly batchedPerSecond: number };
  readonly setting: string;
}

/** How thoroughly. */
export interface FootprintOptions {
  /** Starts of each kind. */
  readonly rounds: number;
  /** Of each of the two kinds of load. */
  readonly seconds: number;
  readonly nodeFlags: readonly string[];
  readonly say: (line: string) => void;
}

const PARTITIONS = 48;
const ZONES = 2_000;
const SINGLES_PER_SECOND = 2_000;
const BATCHES_PER_SECOND = 40;
const BATCH = 100;
const IDLE_MS = 20_000;
const BARE_NODE = [
  '-e',
  `require('node:http').createServer((request, response) => response.end()).listen(process.env.MANAGEMENT_PORT, '127.0.0.1')`,
];

type Variant = 'warm' | 'cold';
const VARIANTS: readonly Variant[] = ['warm', 'cold'];

/** Starts of the five services as their images start them, and what they hold in memory, idle and while heartbeats come in. */
export async function benchFootprint(options: FootprintOptions): Promise<FootprintBench> {
  const { say } = options;
  buildServices();
  const go = buildGoPrograms();
  const stack = await startStack(PARTITIONS);
  const folder = mkdtempSync(join(tmpdir(), 'corral-bench-'));
  try {
    say(`${stack.versions}, Node ${process.versions.node}`);
    const launch: Launch = {
      service: (name, variant) => spawnService(name, { env: envOf(stack, variant), cwd: folder, ...options }),
      bare: () => spawnAsImage(BARE_NODE, { env: { NODE_DISABLE_COMPILE_CACHE: '1' }, cwd: folder, ...options }),
    };
    await publishZones(await launch.service('gateway', 'warm'), ZONES, BOOTSTRAP_KEY);
    const starts = await timeStarts(launch, options);
    const memory = await weigh(launch, go, stack, options);
    const services = Object.fromEntries(
      SERVICES.map((name) => [name, { ...starts.services[name], ...memory.services[name] }]),
    ) as FootprintBench['services'];
    return {
      services,
      bareNode: { ...starts.bareNode, idle: memory.bareNode },
      zones: ZONES,
      load: { singlesPerSecond: SINGLES_PER_SECOND, batchedPerSecond: BATCHES_PER_SECOND * BATCH },
      setting: `${stack.versions}, one broker, ${PARTITIONS} partitions, ${options.rounds} starts of each`,
    };
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const BOOTSTRAP_KEY = 'the-first-key-of-a-bench-that-holds-no-data';

interface Launch {
  service(name: ServiceName, variant: Variant): Promise<StartedService>;
  bare(): Promise<StartedService>;
}

function envOf(stack: Stack, variant: Variant): Record<string, string> {
  return {
    ...stack.env,
    CORRAL_BOOTSTRAP_API_KEY: BOOTSTRAP_KEY,
    CORRAL_FLEET_ITEMS_PER_SECOND: '0',
    ...(variant === 'cold' ? { NODE_DISABLE_COMPILE_CACHE: '1' } : {}),
  };
}

interface Start {
  readonly liveMs: number;
  readonly readyMs: number;
  readonly liveCpuMs: number;
  readonly readyCpuMs: number;
}

/** By turns, so that what else the machine does meets all alike. */
async function timeStarts(launch: Launch, { rounds, say }: FootprintOptions) {
  const bare: Start[] = [];
  const all = Object.fromEntries(SERVICES.map((name) => [name, { warm: [] as Start[], cold: [] as Start[] }]));
  for (let round = 1; round <= rounds; round++) {
    bare.push(await timeStart(await launch.bare()));
    for (const name of SERVICES)
      for (const variant of VARIANTS) all[name]![variant].push(await timeStart(await launch.service(name, variant)));
    say(
      `start ${round}/${rounds}: bare ${ms(bare.at(-1)!.liveMs)} · ${SERVICES.map((name) => `${name} ${VARIANTS.map((variant) => said(all[name]![variant].at(-1)!)).join(' cold ')}`).join(' · ')}`,
    );
  }
  const services = Object.fromEntries(
    SERVICES.map((name) => [name, { warm: figures(all[name]!.warm), cold: figures(all[name]!.cold) }]),
  ) as Record<ServiceName, Record<Variant, StartFigures>>;
  const { liveMs, liveCpuMs } = figures(bare);
  return { services, bareNode: { liveMs, liveCpuMs } };
}

async function timeStart(service: StartedService): Promise<Start> {
  try {
    const live = await firstOk(service, '/livez');
    const liveCpuMs = onCoreMs(service.pid);
    const ready = await firstOk(service, '/readyz');
    return {
      liveMs: live - service.spawnedAt,
      liveCpuMs,
      readyMs: ready - service.spawnedAt,
      readyCpuMs: onCoreMs(service.pid),
    };
  } finally {
    await service.stop();
  }
}

function figures(starts: readonly Start[]): StartFigures {
  const of = (what: keyof Start) => spread(starts.map((start) => start[what]));
  return { liveMs: of('liveMs'), readyMs: of('readyMs'), liveCpuMs: of('liveCpuMs'), readyCpuMs: of('readyCpuMs') };
}

const ms = (value: number) => `${Math.round(value)} ms`;
const said = ({ liveMs, readyMs }: Start) => `${Math.round(liveMs)}/${ms(readyMs)}`;

/** All five at once: left alone, then with heartbeats and questions. */
async function weigh(launch: Launch, go: GoPrograms, stack: Stack, { seconds, say }: FootprintOptions) {
  const running: StartedService[] = [];
  const start = async (starting: Promise<StartedService>) => {
    const service = await starting;
    running.push(service);
    return service;
  };
  try {
    const bare = await start(launch.bare());
    const services = new Map<ServiceName, StartedService>();
    for (const name of SERVICES) services.set(name, await start(launch.service(name, 'warm')));
    for (const service of services.values()) await firstOk(service, '/readyz');
    say(`left alone for ${IDLE_MS / 1000} s`);
    await sleep(IDLE_MS);
    const weighAll = () => new Map([...services].map(([name, { pid }]) => [name, memoryOf(pid)]));
    const idle = weighAll();
    const bareNode = memoryOf(bare.pid);
    const most = new Map(idle);
    const watch = setInterval(() => {
      for (const [name, now] of weighAll()) most.set(name, larger(most.get(name)!, now));
    }, 500);
    const asking = askGateway(services.get('gateway')!, seconds * 2_000);
    // It is waited for below, whatever the load comes to.
    asking.catch(() => undefined);
    try {
      for (const { batch, rate } of [
        { batch: 1, rate: SINGLES_PER_SECOND },
        { batch: BATCH, rate: BATCHES_PER_SECOND },
      ]) {
        say(`${rate} requests a second of ${batch} for ${seconds} s`);
        await sendLoad({
          program: go.load,
          address: `127.0.0.1:${services.get('ingestion')!.port}`,
          key: stack.key,
          batch,
          rate,
          connections: 64,
          warmUpMs: 500,
          durationMs: seconds * 1_000,
        });
      }
    } finally {
      await asking;
      clearInterval(watch);
    }
    const both = SERVICES.map((name) => [name, { idle: idle.get(name)!, underLoad: most.get(name)! }] as const);
    return {
      services: Object.fromEntries(both) as Record<ServiceName, { idle: Memory; underLoad: Memory }>,
      bareNode,
    };
  } finally {
    await Promise.all(running.map((service) => service.stop()));
  }
}

function larger(a: Memory, b: Memory): Memory {
  return { rssMb: Math.max(a.rssMb, b.rssMb), privateMb: Math.max(a.privateMb, b.privateMb) };
}

const QUESTIONS = ['/v1/vehicles?limit=100', '/v1/geofence-events?limit=100', '/v1/alerts?limit=100', '/v1/zone-sets'];

/** What a console asks while somebody works with it: ten questions a second. */
async function askGateway({ port }: StartedService, forMs: number): Promise<void> {
  const headers = { authorization: `Bearer ${BOOTSTRAP_KEY}` };
  const end = performance.now() + forMs;
  for (let at = 0; performance.now() < end; at++) {
    const path = QUESTIONS[at % QUESTIONS.length]!;
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    const body = await response.text();
    if (response.status !== 200) throw new Error(`GET ${path} was answered ${response.status}: ${body}`);
    await sleep(100);
  }
}
