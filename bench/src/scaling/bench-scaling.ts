import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@corral/geo/testing';
import { median } from '../cpu-time';
import { firstOk } from '../footprint/first-ok';
import { makeCity } from '../geofence/city';
import { engineRun } from '../geofence/engine-ns-per-fix';
import { readProgress } from '../path/path-progress';
import { buildGoPrograms, type GoPrograms } from '../rig/go-programs';
import { cpuOf, cpuOfFamily, familyOf, memoryOf } from '../rig/process-cpu';
import { sendLoad } from '../rig/send-load';
import { buildServices, spawnService, type StartedService } from '../rig/services';
import { openStackLog, startStack, type Stack } from '../rig/start-stack';
import { fillDays, ROWS_A_DAY } from './fill-days';

/** What one heartbeat costs, CPU microseconds, from the first POST until all of them were worked off. */
export interface HeartbeatCost {
  readonly ingestion: number;
  readonly geofence: number;
  readonly history: number;
  readonly postgres: number;
}

/** The same at several sizes of one thing. */
export type CostsBySize = readonly (readonly [size: number, cost: HeartbeatCost])[];

/** What `--json` tells. */
export interface ScalingBench {
  readonly workers: readonly (readonly [workers: number, ingestion: WorkersFigures])[];
  readonly partitions: CostsBySize;
  readonly vehicles: CostsBySize;
  /** Days that the track reaches back when the heartbeats come. */
  readonly days: CostsBySize;
  /** CPU microseconds of the engine for a fix, in one process without network. */
  readonly zones: readonly (readonly [zones: number, us: number])[];
  readonly setting: string;
}

/** An ingestion of so many processes, with all connections busy: single heartbeats. */
export interface WorkersFigures {
  /** Per request, of all its processes together, microseconds. */
  readonly cpuUs: number;
  readonly requestsPerSecond: number;
  readonly p99Ms: number;
  /** Of all its processes, after the load. */
  readonly privateMb: number;
}

/** How thoroughly. */
export interface ScalingOptions {
  readonly workers: readonly number[];
  /** How long each size is sent. */
  readonly seconds: number;
  readonly partitions: readonly number[];
  readonly vehicles: readonly number[];
  readonly days: readonly number[];
  readonly zones: readonly number[];
  readonly say: (line: string) => void;
}

const PARTITIONS = 48;
const VEHICLES = 20_000;
const BATCH = 100;
const PER_SECOND = 2_000;
/** Until every vehicle is known. */
const FIRST_REPORTS_PER_SECOND = 4_000;
const WORKED_OFF_WITHIN_MS = 180_000;
const ENGINE_FIXES = 100_000;

/** What a heartbeat costs as the installation grows: flat is the goal. */
export async function benchScaling(options: ScalingOptions): Promise<ScalingBench> {
  const { say } = options;
  buildServices();
  const go = buildGoPrograms();
  const workers: (readonly [number, WorkersFigures])[] = [];
  const partitions: (readonly [number, HeartbeatCost])[] = [];
  const vehicles: (readonly [number, HeartbeatCost])[] = [];
  const days: (readonly [number, HeartbeatCost])[] = [];
  let versions = '';
  await withIngestions(options.workers, go, async (count, send, stack) => {
    versions = stack.versions;
    // The broker compiles itself first.
    await send(workers.length === 0 ? 20 : 3);
    workers.push([count, await send(options.seconds)]);
    const { cpuUs, requestsPerSecond, privateMb } = workers.at(-1)![1];
    say(`${count} workers: ${cpuUs} µs a request, ${requestsPerSecond}/s, ${privateMb} MB private`);
  });
  for (const count of options.partitions)
    await withServices(count, go, async (rig) => {
      versions = rig.stack.versions;
      await firstReports(rig, VEHICLES);
      partitions.push([count, await costOf(rig, VEHICLES, options.seconds)]);
      say(`${count} partitions: ${sentence(partitions.at(-1)![1])}`);
    });
  if (options.vehicles.length > 0)
    await withServices(PARTITIONS, go, async (rig) => {
      for (const count of options.vehicles) {
        await firstReports(rig, count);
        vehicles.push([count, await costOf(rig, count, options.seconds)]);
        say(`${count} vehicles: ${sentence(vehicles.at(-1)![1])}`);
      }
    });
  if (options.days.length > 0)
    await withServices(PARTITIONS, go, async (rig) => {
      await firstReports(rig, VEHICLES);
      for (const count of options.days) {
        await fillDays(rig.stack.database, count, VEHICLES);
        days.push([count, await costOf(rig, VEHICLES, options.seconds)]);
        say(`${count} days of history: ${sentence(days.at(-1)![1])}`);
      }
    });
  const zones = options.zones.map((count) => {
    const city = makeCity(count, 1, seededRandom(count));
    const run = engineRun(city.shapes, city);
    // Each vehicle's first fix is another work than all that follow.
    run(2 * ENGINE_FIXES);
    const us = median([1, 2, 3].map(() => run(ENGINE_FIXES))) / 1_000;
    say(`${count} zones: ${us.toFixed(2)} µs a fix`);
    return [count, Math.round(us * 100) / 100] as const;
  });
  const setting = `${versions}, one broker, ${PER_SECOND.toLocaleString('en')} heartbeats/s in batches of ${BATCH} for ${options.seconds} s at each size; ${PARTITIONS} partitions and ${VEHICLES.toLocaleString('en')} vehicles where they are not what varies, ${ROWS_A_DAY.toLocaleString('en')} rows of track a day of history`;
  return { workers, partitions, vehicles, days, zones, setting };
}

const CONNECTIONS = 64;

/** One ingestion after the other over one broker, each with another number of workers. */
async function withIngestions(
  counts: readonly number[],
  go: GoPrograms,
  work: (workers: number, send: (seconds: number) => Promise<WorkersFigures>, stack: Stack) => Promise<void>,
): Promise<void> {
  if (counts.length === 0) return;
  const stack = await startStack(PARTITIONS);
  const folder = mkdtempSync(join(tmpdir(), 'corral-bench-'));
  try {
    for (const workers of counts) {
      const env = { ...stack.env, CORRAL_FLEET_ITEMS_PER_SECOND: '0', CORRAL_INGESTION_WORKERS: String(workers) };
      const ingestion = await spawnService('ingestion', { env, cwd: folder });
      try {
        await allReady(ingestion, workers);
        const send = async (seconds: number) => {
          const before = cpuOfFamily(ingestion.pid);
          const sent = await sendLoad({
            program: go.load,
            address: `127.0.0.1:${ingestion.port}`,
            key: stack.key,
            batch: 1,
            connections: CONNECTIONS,
            rate: 0,
            warmUpMs: 500,
            durationMs: seconds * 1_000,
          });
          const cpuUs = ((cpuOfFamily(ingestion.pid) - before) * 1_000) / sent.answered;
          const privateMb = familyOf(ingestion.pid).reduce((sum, pid) => sum + memoryOf(pid).privateMb, 0);
          return {
            cpuUs: Math.round(cpuUs * 10) / 10,
            requestsPerSecond: Math.round(sent.requests / sent.seconds),
            p99Ms: sent.p99Ms,
            privateMb: Math.round(privateMb),
          };
        };
        await work(workers, send, stack);
      } finally {
        await ingestion.stop();
      }
    }
  } finally {
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ready says that those that listen are; of several, all have to. */
async function allReady(ingestion: StartedService, workers: number): Promise<void> {
  await firstOk(ingestion, '/readyz');
  const processes = workers === 1 ? 1 : workers + 1;
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; await sleep(100)) {
    const text = await (await fetch(`http://127.0.0.1:${ingestion.managementPort}/metrics`)).text();
    if ([...text.matchAll(/^process_start_time_seconds/gm)].length === processes) return;
  }
  throw new Error(`not all of ${workers} workers started: ${ingestion.said()}`);
}

interface Rig {
  readonly go: GoPrograms;
  readonly stack: Stack;
  readonly ingestion: StartedService;
  readonly geofence: StartedService;
  readonly history: StartedService;
  workedOff(): Promise<void>;
}

async function withServices(partitions: number, go: GoPrograms, work: (rig: Rig) => Promise<void>): Promise<void> {
  const stack = await startStack(partitions);
  const folder = mkdtempSync(join(tmpdir(), 'corral-bench-'));
  const ends: (() => Promise<void>)[] = [() => stack.stop()];
  try {
    const log = await openStackLog(stack);
    ends.push(() => log.close());
    const env = { ...stack.env, CORRAL_FLEET_ITEMS_PER_SECOND: '0' };
    const start = async (name: 'ingestion' | 'geofence' | 'history') => {
      const service = await spawnService(name, { env, cwd: folder });
      ends.push(() => service.stop());
      await firstOk(service, '/readyz');
      return service;
    };
    await work({
      go,
      stack,
      ingestion: await start('ingestion'),
      geofence: await start('geofence'),
      history: await start('history'),
      async workedOff() {
        for (
          const deadline = performance.now() + WORKED_OFF_WITHIN_MS;
          performance.now() < deadline;
          await sleep(200)
        ) {
          const { of } = await readProgress(stack, log);
          if (of.geofence.lag === 0 && of.history.lag === 0) return;
        }
        throw new Error(`what was sent is not worked off after ${WORKED_OFF_WITHIN_MS / 1_000} s`);
      },
    });
  } finally {
    for (const end of ends.reverse()) await end();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function firstReports(rig: Rig, vehicles: number): Promise<void> {
  await send(rig, vehicles, FIRST_REPORTS_PER_SECOND, Math.max(2, Math.ceil(vehicles / FIRST_REPORTS_PER_SECOND)));
  await rig.workedOff();
}

async function costOf(rig: Rig, vehicles: number, seconds: number): Promise<HeartbeatCost> {
  const { ingestion, geofence, history, stack } = rig;
  const now = () => ({
    ingestion: cpuOf(ingestion.pid),
    geofence: cpuOf(geofence.pid),
    history: cpuOf(history.pid),
    postgres: cpuOfFamily(stack.databasePid),
  });
  const before = now();
  const { answered } = await send(rig, vehicles, PER_SECOND, seconds);
  await rig.workedOff();
  const after = now();
  const each = (who: keyof HeartbeatCost) =>
    Math.round(((after[who] - before[who]) * 10_000) / (answered * BATCH)) / 10;
  return {
    ingestion: each('ingestion'),
    geofence: each('geofence'),
    history: each('history'),
    postgres: each('postgres'),
  };
}

function send({ go, stack, ingestion }: Rig, vehicles: number, perSecond: number, seconds: number) {
  return sendLoad({
    program: go.load,
    address: `127.0.0.1:${ingestion.port}`,
    key: stack.key,
    batch: BATCH,
    connections: 10,
    rate: perSecond / BATCH,
    vehicles,
    warmUpMs: 0,
    durationMs: seconds * 1_000,
  });
}

function sentence(cost: HeartbeatCost): string {
  return Object.entries(cost)
    .map(([who, us]) => `${who} ${us} µs`)
    .join(', ');
}
