import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../cpu-time';
import { checkout } from '../rig/checkout';
import { buildGoPrograms, type GoPrograms } from '../rig/go-programs';
import { imageCommand } from '../rig/image-command';
import { cpuOf, memoryOf, type Memory } from '../rig/process-cpu';
import { unpin } from '../rig/unpin';
import { sendLoad, type LoadResult } from '../rig/send-load';
import { startServer, type ServerProcess } from '../rig/start-server';
import { startStack, type Stack } from '../rig/start-stack';

/** One kind of request, ours beside Go's. CPU times are those of the server's process, user and system, microseconds. */
export interface IngestFigures {
  /** Per request, of a single heartbeat; per heartbeat, of a batch. */
  readonly cpuUs: number;
  readonly goCpuUs: number;
  /** The median of the rounds' ratios. */
  readonly cpuRatioToGo: number;
  /** The same ratio in each round. */
  readonly ratios: readonly number[];
  /** Requests a second with all connections busy. */
  readonly requestsPerSecond: number;
  readonly goRequestsPerSecond: number;
}

/** Latency at a fixed rate, milliseconds from when a request was due; medians of the rounds. */
export interface OpenLoopFigures {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly goP50Ms: number;
  readonly goP99Ms: number;
  readonly goP999Ms: number;
  readonly cpuUs: number;
  readonly goCpuUs: number;
}

/** What `--json` tells. */
export interface IngestBench {
  readonly single: IngestFigures & {
    /** Bare net/http that reads the body and answers. */
    readonly goEchoCpuUs: number;
    readonly p99Ms5k: number;
    readonly p99Ms20k: number;
    readonly goP99Ms5k: number;
    readonly goP99Ms20k: number;
    readonly at5k: OpenLoopFigures;
    readonly at20k: OpenLoopFigures;
    /** The highest rate, requests a second, at which p99 stays below 8 ms; 0 when none of those tried does. */
    readonly rateBelow8Ms: number;
    readonly goRateBelow8Ms: number;
  };
  readonly batch100: IngestFigures;
  /** After the load. */
  readonly memory: Memory;
  readonly goMemory: Memory;
  readonly setting: string;
}

/** How thoroughly. */
export interface IngestOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** Where CPU is what counts, runs on one core, and the load on another. At a fixed rate nobody is bound: who is waits for whoever else is there. */
  readonly pinned: boolean;
  /** Node's own flags, as in the image and others to try. */
  readonly nodeFlags: readonly string[];
  readonly goLinger: string;
  /** Only these parts. */
  readonly parts: readonly ('single' | 'batch100' | 'open')[];
  readonly say: (line: string) => void;
}

const CONNECTIONS = 64;
const PARTITIONS = 48;
const HELD_P99_MS = 8;
const HELD_RATES = [2_500, 5_000, 7_500, 10_000, 12_500, 15_000, 17_500, 20_000, 25_000];
const HELD_SECONDS = 2;
const HELD_TRIES = 3;

/** One heartbeat per POST, and batches of 100, to 202 after Kafka's acks=all: ours and the Go reference by turns. */
export async function benchIngest(options: IngestOptions): Promise<IngestBench> {
  const { say } = options;
  const go = buildGoPrograms();
  const stack = await startStack(PARTITIONS);
  const folder = mkdtempSync(join(tmpdir(), 'corral-bench-'));
  const servers: ServerProcess[] = [];
  try {
    const start = async (make: Promise<ServerProcess>) => {
      const server = await make;
      servers.push(server);
      return server;
    };
    const ours = await start(startOurs(stack, folder, options));
    const theirs = await start(startReference(go, stack, options, []));
    const echo = await start(startReference(go, stack, options, ['echo']));
    say(`${stack.versions}, ${PARTITIONS} partitions, ${go.version}, Node ${process.versions.node}`);
    const send = (server: ServerProcess, over: Over) => measured(server, go, stack, options, over);
    // The broker compiles itself for half a minute, and whoever waits for it meanwhile works in smaller portions: that costs ours a third more.
    for (const server of [ours, theirs, ours, theirs]) {
      await send(server, { batch: 1, seconds: 6 });
      await send(server, { batch: 100, seconds: 2 });
    }
    await send(echo, { batch: 1, seconds: 2 });
    const single = await rounds(options, 'single', (over) => ({
      ours: () => send(ours, { batch: 1, ...over }),
      go: () => send(theirs, { batch: 1, ...over }),
      echo: () => send(echo, { batch: 1, ...over }),
    }));
    const batch = await rounds(options, 'batch100', (over) => ({
      ours: () => send(ours, { batch: 100, ...over }),
      go: () => send(theirs, { batch: 100, ...over }),
    }));
    if (options.pinned) for (const server of [ours, theirs]) unpin(server.pid);
    const open = async (rate: number) =>
      rounds(options, 'open', (over) => ({
        ours: () => send(ours, { batch: 1, rate, ...over }),
        go: () => send(theirs, { batch: 1, rate, ...over }),
      }));
    const at5k = openFigures(await open(5_000));
    const at20k = openFigures(await open(20_000));
    const held = options.parts.includes('open')
      ? await highestRates(options, {
          ours: (rate) => send(ours, { batch: 1, rate, seconds: HELD_SECONDS }),
          go: (rate) => send(theirs, { batch: 1, rate, seconds: HELD_SECONDS }),
        })
      : { ours: 0, go: 0 };
    return {
      single: {
        ...figures(single, 1),
        goEchoCpuUs: medianOf(single, 'echo', ({ cpuUs }) => cpuUs),
        p99Ms5k: at5k.p99Ms,
        p99Ms20k: at20k.p99Ms,
        goP99Ms5k: at5k.goP99Ms,
        goP99Ms20k: at20k.goP99Ms,
        at5k,
        at20k,
        rateBelow8Ms: held.ours,
        goRateBelow8Ms: held.go,
      },
      batch100: figures(batch, 100),
      memory: memoryOf(ours.pid),
      goMemory: memoryOf(theirs.pid),
      setting: `${stack.versions}, one broker, ${PARTITIONS} partitions, acks=all, ${CONNECTIONS} connections, ${go.version} with a linger of ${options.goLinger}`,
    };
  } finally {
    for (const server of servers) await server.stop();
    await stack.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Over {
  readonly batch: number;
  readonly rate?: number;
  readonly seconds?: number;
}

interface Measured extends LoadResult {
  /** Per request. */
  readonly cpuUs: number;
}

function startOurs(stack: Stack, folder: string, options: IngestOptions): Promise<ServerProcess> {
  return startServer({
    command: process.execPath,
    args: [...options.nodeFlags, join(checkout(), 'apps/ingestion/dist/main.cjs'), 'http'],
    cwd: folder,
    cores: options.pinned ? '0' : undefined,
    env: {
      ...imageCommand().env,
      NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
      ...stack.env,
      ...settingsOfOurs(),
      PORT: '0',
      MANAGEMENT_PORT: '0',
      HOST: '127.0.0.1',
      DRAIN_MS: '0',
      CORRAL_DATA_DIR: folder,
      CORRAL_FLEET_ITEMS_PER_SECOND: '0',
      CORRAL_TOKEN_SECRET: 'the-token-secret-of-a-bench-that-holds-no-data',
    },
  });
}

/** CORRAL_* and NODE_* of the caller, to compare settings. */
function settingsOfOurs(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => /^(CORRAL_|NODE_)/.test(entry[0]) && entry[1] !== undefined,
    ),
  );
}

function startReference(
  go: GoPrograms,
  stack: Stack,
  options: IngestOptions,
  args: readonly string[],
): Promise<ServerProcess> {
  return startServer({
    command: go.reference,
    args,
    cwd: checkout(),
    cores: options.pinned ? '0' : undefined,
    env: { ...stack.env, LINGER: options.goLinger },
  });
}

async function measured(
  server: ServerProcess,
  go: GoPrograms,
  stack: Stack,
  options: IngestOptions,
  { batch, rate = 0, seconds = options.seconds }: Over,
): Promise<Measured> {
  const before = cpuOf(server.pid);
  const result = await sendLoad({
    program: go.load,
    address: server.address,
    key: stack.key,
    batch,
    rate,
    connections: CONNECTIONS,
    warmUpMs: 500,
    durationMs: seconds * 1_000,
    cores: options.pinned && rate === 0 ? '1' : undefined,
  });
  return { ...result, cpuUs: ((cpuOf(server.pid) - before) * 1_000) / result.answered };
}

type Round = Partial<Record<'ours' | 'go' | 'echo', Measured>>;

/** By turns, so that what else the machine does meets all alike. */
async function rounds(
  options: IngestOptions,
  part: IngestOptions['parts'][number],
  runs: (over: { seconds: number }) => Record<string, () => Promise<Measured>>,
): Promise<Round[]> {
  if (!options.parts.includes(part)) return [];
  const done: Round[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const named = Object.entries(runs({ seconds: options.seconds }));
    const results: Record<string, Measured> = {};
    for (const [name, run] of round % 2 === 0 ? named : named.reverse()) results[name] = await run();
    done.push(results as Round);
    options.say(
      `${part} ${round + 1}/${options.rounds}: ${Object.entries(results)
        .map(
          ([name, it]) =>
            `${name} ${it.cpuUs.toFixed(1)} µs, ${Math.round(it.requests / it.seconds)}/s, p99 ${it.p99Ms} ms`,
        )
        .join(' · ')}`,
    );
  }
  return done;
}

/** Rising, by turns, each until it holds a rate no longer: one stall of the machine that everybody shares must not end it, so it may try thrice. */
async function highestRates(
  { say }: IngestOptions,
  sendAt: Record<'ours' | 'go', (rate: number) => Promise<Measured>>,
): Promise<Record<'ours' | 'go', number>> {
  const highest = { ours: 0, go: 0 };
  const rising = new Set(['ours', 'go'] as const);
  for (const rate of HELD_RATES)
    for (const who of rising) {
      const tries: number[] = [];
      while (tries.length < HELD_TRIES && !(tries.at(-1)! < HELD_P99_MS)) tries.push((await sendAt[who](rate)).p99Ms);
      if (tries.at(-1)! < HELD_P99_MS) highest[who] = rate;
      else rising.delete(who);
      say(`${who} at ${rate}/s: p99 ${tries.join(', ')} ms`);
    }
  return highest;
}

function figures(all: readonly Round[], items: number): IngestFigures {
  const ratios = all.map(({ ours, go }) => round3(ours!.cpuUs / go!.cpuUs));
  return {
    cpuUs: round3(medianOf(all, 'ours', ({ cpuUs }) => cpuUs) / items),
    goCpuUs: round3(medianOf(all, 'go', ({ cpuUs }) => cpuUs) / items),
    cpuRatioToGo: median(ratios),
    ratios,
    requestsPerSecond: Math.round(medianOf(all, 'ours', ({ requests, seconds }) => requests / seconds)),
    goRequestsPerSecond: Math.round(medianOf(all, 'go', ({ requests, seconds }) => requests / seconds)),
  };
}

function openFigures(all: readonly Round[]): OpenLoopFigures {
  const of = (who: 'ours' | 'go', what: (it: Measured) => number) => round3(medianOf(all, who, what));
  return {
    p50Ms: of('ours', ({ p50Ms }) => p50Ms),
    p99Ms: of('ours', ({ p99Ms }) => p99Ms),
    p999Ms: of('ours', ({ p999Ms }) => p999Ms),
    goP50Ms: of('go', ({ p50Ms }) => p50Ms),
    goP99Ms: of('go', ({ p99Ms }) => p99Ms),
    goP999Ms: of('go', ({ p999Ms }) => p999Ms),
    cpuUs: of('ours', ({ cpuUs }) => cpuUs),
    goCpuUs: of('go', ({ cpuUs }) => cpuUs),
  };
}

function medianOf(all: readonly Round[], who: keyof Round, what: (it: Measured) => number): number {
  return round3(median(all.map((round) => what(round[who]!))));
}

function round3(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
