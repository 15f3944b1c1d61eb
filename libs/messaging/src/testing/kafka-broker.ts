import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openKafka } from '../kafka/kafka-connection';
import { findKafka, installKafka, oneAtATime, type KafkaInstallation } from './kafka-broker-installation';
import { brokerLogTail, startBrokerProcess, type BrokerNode, type BrokerProcess } from './kafka-broker-process';

/** How to start a cluster of brokers for tests and tools. */
export interface KafkaBrokerOptions {
  /** How many brokers; only three show the losses of leader moves. Default 1. */
  readonly brokers?: number;
  /** Kept, and taken up again when it already holds a cluster. Default: a temporary folder that goes with `stop()`. */
  readonly dataDir?: string;
  /** Given a broker's port, the port to tell clients instead: for a proxy in between. */
  readonly advertise?: (port: number) => Promise<number> | number;
  /** The address that brokers listen on and tell clients; 127.0.0.1 when absent. For clients on another machine, such as pods. */
  readonly host?: string;
  /** The brokers go on when our process has ended; whoever starts them so ends their `pids`. */
  readonly outlivesUs?: boolean;
  /** With 1 GB, Java's optimizing compiler and its collector that does not pause: slower to start, and then as quick as in production. */
  readonly forBench?: boolean;
  readonly logger?: { info(message: string): void };
}

/** A real Kafka. With several brokers, `node` (1, 2, …) names one of them; without it all are meant. */
export interface KafkaBroker {
  readonly bootstrap: readonly string[];
  readonly version: string;
  /** Of the Java processes that run just now; empty when KAFKA_BROKERS named somebody else's Kafka. */
  readonly pids: readonly number[];
  /** Of one broker's process; undefined while it does not run. */
  pidOf(node: number): number | undefined;
  /** Ends all; the data goes too, unless `dataDir` was given. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(node?: number): Promise<void>;
  /** Starts again on the same ports and data what was killed (or kills it first), and waits until all that run answer and know each other. */
  restart(node?: number): Promise<void>;
  /** SIGSTOP: it holds its connections and answers nothing. */
  pause(node?: number): void;
  resume(node?: number): void;
}

/**
 * Starts a real Kafka without Docker: KAFKA_BROKERS, KAFKA_HOME, or Java with the jars Maven fetches (kept in `.cache/kafka` or
 * `$CORRAL_CACHE/kafka`). No Java process outlives ours, however we end. Rejects with a sentence that says what to do.
 */
export async function startKafkaBroker(options: KafkaBrokerOptions = {}): Promise<KafkaBroker> {
  const source = findKafka();
  if (source.kind === 'running') return somebodyElsesKafka(source.brokers);
  const kafka = await installKafka(source);
  await makeArchive(kafka);
  sayOnce(`Kafka ${kafka.version}`, options.logger);
  for (let attempt = 1; ; attempt++) {
    const cluster = await startCluster(kafka, options);
    if (await cluster.answers()) return cluster.broker;
    const said = cluster.tail();
    await cluster.broker.stop();
    // Somebody took a port between our looking and the broker's binding.
    if (attempt === 3 || !/Address already in use|BindException/.test(said))
      throw new Error(`Kafka did not start:\n${said}`);
  }
}

/**
 * Whether tests can have a Kafka: for a conditional describe. Not having one is said aloud, and is a failure where CI is set;
 * `CORRAL_TEST_KAFKA=off` leaves it out on purpose (never in CI).
 */
export function kafkaAvailable(env: NodeJS.ProcessEnv = process.env): boolean {
  const source = findKafka(env);
  const off = env['CORRAL_TEST_KAFKA'] === 'off';
  if (source.kind !== 'none' && !off) return true;
  const reason = source.kind === 'none' ? source.reason : 'CORRAL_TEST_KAFKA=off';
  if (env['CI']) throw new Error(`the Kafka suites cannot be left out in CI: ${reason}`);
  sayOnce(`The Kafka suites are left out: ${reason}`);
  return false;
}

interface Cluster {
  readonly broker: KafkaBroker;
  answers(): Promise<boolean>;
  tail(): string;
}

async function startCluster(kafka: KafkaInstallation, options: KafkaBrokerOptions): Promise<Cluster> {
  const folder = options.dataDir ?? mkdtempSync(join(tmpdir(), 'corral-kafka-'));
  const { clusterId, nodes } = await layOut(folder, options);
  const processes = new Map<number, BrokerProcess>();
  const start = (node: BrokerNode) =>
    processes.set(
      node.id,
      startBrokerProcess(kafka, node, nodes, { clusterId, outlivesUs: options.outlivesUs, forBench: options.forBench }),
    );
  const chosen = (id?: number) => nodes.filter((node) => id === undefined || node.id === id);
  const running = (id?: number) =>
    chosen(id)
      .flatMap((node) => processes.get(node.id) ?? [])
      .filter((it) => it.isRunning());
  const bootstrap = nodes.map((node) => addressOf(node));
  const answers = () => {
    const ours = running();
    const there = nodes.filter((node) => processes.get(node.id)?.isRunning());
    return answersAsCluster(
      there.map((node) => addressOf(node)),
      ours.length,
      () => ours.every((it) => it.isRunning()),
    );
  };
  nodes.forEach(start);

  const broker: KafkaBroker = {
    bootstrap,
    version: kafka.version,
    get pids() {
      return running().map((it) => it.pid);
    },
    pidOf: (id) => running(id)[0]?.pid,
    async kill(id) {
      await Promise.all(
        running(id).map((it) => {
          it.signal('SIGKILL');
          return it.gone;
        }),
      );
    },
    async restart(id) {
      await broker.kill(id);
      chosen(id).forEach(start);
      if (!(await answers()))
        throw new Error(`Kafka did not come back:\n${nodes.map((it) => brokerLogTail(it)).join('\n')}`);
    },
    pause: (id) => running(id).forEach((it) => it.signal('SIGSTOP')),
    resume: (id) => running(id).forEach((it) => it.signal('SIGCONT')),
    async stop() {
      broker.resume();
      // One broker whose data stays shuts down cleanly, so that its next start is quick. Several could wait for each other for ever.
      if (options.dataDir !== undefined && nodes.length === 1) {
        running().forEach((it) => it.signal('SIGTERM'));
        await goneWithin(10_000, running());
      }
      await broker.kill();
      if (options.dataDir === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  return { broker, answers, tail: () => nodes.map((it) => brokerLogTail(it)).join('\n') };
}

/** Ports and ids of a cluster, kept in its folder so that a second start finds them again. */
async function layOut(
  folder: string,
  options: KafkaBrokerOptions,
): Promise<{ clusterId: string; nodes: BrokerNode[] }> {
  const file = join(folder, 'cluster.json');
  if (existsSync(file)) {
    const kept = JSON.parse(readFileSync(file, 'utf8')) as { clusterId: string; nodes: BrokerNode[] };
    const told = async (node: BrokerNode) => ({
      ...node,
      advertisedPort: (await options.advertise?.(node.port)) ?? node.port,
    });
    return { clusterId: kept.clusterId, nodes: await Promise.all(kept.nodes.map(told)) };
  }
  const nodes: BrokerNode[] = [];
  for (let id = 1; id <= (options.brokers ?? 1); id++) {
    const port = await freePort();
    const advertisedPort = (await options.advertise?.(port)) ?? port;
    const { host } = options;
    nodes.push({
      id,
      ...(host === undefined ? {} : { host }),
      port,
      advertisedPort,
      controllerPort: await freePort(),
      folder: join(folder, `broker-${id}`),
    });
  }
  const layout = { clusterId: randomBytes(16).toString('base64url'), nodes };
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, JSON.stringify(layout));
  return layout;
}

/**
 * A port below the range from which outgoing connections get theirs: while a killed broker is down, no client can be given its port,
 * and a client that tries to reach it cannot be connected to itself.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/**
 * Waits until every broker itself answers and knows all of them (another one's word may be from before a kill); false as soon as a
 * process has gone, or after 2 min.
 */
async function answersAsCluster(bootstrap: readonly string[], count: number, allRun: () => boolean): Promise<boolean> {
  const deadline = performance.now() + 120_000;
  const silent = new Set(bootstrap);
  while (silent.size > 0) {
    if (!allRun() || performance.now() > deadline) return false;
    for (const address of silent) if ((await brokersKnownTo(address)) === count) silent.delete(address);
    if (silent.size > 0) await sleep(50);
  }
  return true;
}

async function brokersKnownTo(address: string): Promise<number> {
  const quickly = { connectionTimeout: 500, requestTimeout: 2_000, retry: { retries: 0 } };
  const { kafka } = await openKafka({ brokers: [address], clientId: 'start' }, quickly);
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster();
    return controller === null ? 0 : brokers.length;
  } catch {
    // Not yet: that is what we are waiting for.
    return 0;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** Runs a broker once so that Java writes down the classes it loaded: every later start is about twice as fast. */
async function makeArchive(kafka: KafkaInstallation): Promise<void> {
  await oneAtATime(
    `${kafka.archive}.lock`,
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'corral-kafka-'));
      const half = `${kafka.archive}.${process.pid}.half`;
      try {
        const { clusterId, nodes } = await layOut(folder, {});
        const node = nodes[0] as BrokerNode;
        const once = startBrokerProcess(kafka, node, nodes, { clusterId, archiveTo: half });
        await answersAsCluster([`127.0.0.1:${node.port}`], 1, () => once.isRunning());
        once.signal('SIGTERM');
        await goneWithin(60_000, [once]);
        once.signal('SIGKILL');
        await once.gone;
        // Without an archive brokers start more slowly, and that is all: so an empty one says that it was tried.
        if (existsSync(half)) renameSync(half, kafka.archive);
        else writeFileSync(kafka.archive, '');
      } finally {
        rmSync(folder, { recursive: true, force: true });
        rmSync(half, { force: true });
      }
    },
    () => existsSync(kafka.archive),
  );
}

/** Waits for processes to end, no longer than so many milliseconds. */
async function goneWithin(limitMs: number, processes: readonly BrokerProcess[]): Promise<void> {
  const enough = new AbortController();
  const limit = sleep(limitMs, undefined, { signal: enough.signal }).catch(() => undefined);
  await Promise.race([Promise.all(processes.map((it) => it.gone)), limit]);
  enough.abort();
}

function somebodyElsesKafka(brokers: readonly string[]): KafkaBroker {
  const notOurs = () => {
    throw new Error(
      `KAFKA_BROKERS=${brokers.join(',')} is not ours to kill: unset it, so that the tests start a broker of their own`,
    );
  };
  sayOnce(`Kafka at ${brokers.join(',')} (KAFKA_BROKERS)`);
  return {
    bootstrap: brokers,
    version: 'as found',
    pids: [],
    pidOf: () => undefined,
    stop: async () => undefined,
    kill: async () => notOurs(),
    restart: async () => notOurs(),
    pause: notOurs,
    resume: notOurs,
  };
}

const said = new Set<string>();

function sayOnce(sentence: string, logger?: { info(message: string): void }): void {
  if (said.has(sentence)) return;
  said.add(sentence);
  if (logger) logger.info(sentence);
  else process.stdout.write(`${sentence}\n`);
}

function addressOf({ host = '127.0.0.1', advertisedPort }: BrokerNode): string {
  return `${host}:${advertisedPort}`;
}
