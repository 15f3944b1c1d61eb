import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KafkaInstallation } from './kafka-broker-installation';

/** One broker of a test cluster: its number, its ports and its folder. */
export interface BrokerNode {
  readonly id: number;
  /** Where it listens; 127.0.0.1 when absent. */
  readonly host?: string;
  readonly port: number;
  /** What clients are told; a proxy's port, or the same. */
  readonly advertisedPort: number;
  readonly controllerPort: number;
  readonly folder: string;
}

/** A broker's Java process. */
export interface BrokerProcess {
  readonly pid: number;
  /** Settles when the process has gone, for whatever reason. */
  readonly gone: Promise<void>;
  isRunning(): boolean;
  signal(name: NodeJS.Signals): void;
}

/** Starts one broker's process; it may take 1.3 to 5 s until it answers. Its output goes to `broker.log` in its folder. */
export function startBrokerProcess(
  kafka: KafkaInstallation,
  node: BrokerNode,
  cluster: readonly BrokerNode[],
  options: {
    readonly clusterId: string;
    readonly archiveTo?: string;
    readonly outlivesUs?: boolean;
    readonly forBench?: boolean;
  },
): BrokerProcess {
  const properties = prepareFolder(node, cluster, options.clusterId);
  const archive = options.archiveTo
    ? [`-XX:ArchiveClassesAtExit=${options.archiveTo}`]
    : existsSync(kafka.archive)
      ? [`-XX:SharedArchiveFile=${kafka.archive}`]
      : [];
  const output = openSync(join(node.folder, 'broker.log'), 'a');
  const child = spawn(
    kafka.java,
    [
      // Tests want a quick start and little memory; benches the compiler that production has, and none of the pauses that garbage makes: on the
      // cores that a broker shares here with whatever is measured they are 10 to 30 ms long, and would be everybody's p99.
      ...(options.forBench
        ? ['-XX:+UseZGC', '-Xms1g', '-Xmx1g']
        : ['-XX:+UseSerialGC', '-Xmx256m', '-XX:TieredStopAtLevel=1']),
      ...archive,
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-cp',
      kafka.classPath,
      'kafka.Kafka',
      properties,
    ],
    { stdio: ['ignore', output, output], detached: options.outlivesUs ?? false },
  );
  closeSync(output);
  if (options.outlivesUs) child.unref();
  const pid = child.pid;
  if (pid === undefined) throw new Error(`could not start ${kafka.java}`);
  let running = true;
  const watchdog = options.outlivesUs ? undefined : watchOver(pid);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      running = false;
      watchdog?.kill('SIGKILL');
      resolve();
    });
  });
  return {
    pid,
    gone,
    isRunning: () => running,
    signal: (name) => {
      if (running) child.kill(name);
    },
  };
}

/** The last lines a broker wrote, for an error message. */
export function brokerLogTail(node: BrokerNode, lines = 12): string {
  const file = join(node.folder, 'broker.log');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n') : '(no output)';
}

/**
 * Kills the broker when we have gone, also by SIGKILL: the pipe from us to a tiny shell closes with our end of it. Signals to our
 * group do not reach it.
 */
function watchOver(pid: number): ChildProcess {
  const script = `trap '' INT TERM HUP; read -r _; kill -9 ${pid}`;
  const watchdog = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] });
  watchdog.stdin?.on('error', () => undefined);
  watchdog.unref();
  (watchdog.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return watchdog;
}

/** `meta.properties` by hand replaces Kafka's format step, which takes another 1.3 s. */
function prepareFolder(node: BrokerNode, cluster: readonly BrokerNode[], clusterId: string): string {
  const data = join(node.folder, 'data');
  const meta = join(data, 'meta.properties');
  mkdirSync(data, { recursive: true });
  if (!existsSync(meta)) {
    const directoryId = randomBytes(16).toString('base64url');
    const lines = ['version=1', `cluster.id=${clusterId}`, `node.id=${node.id}`, `directory.id=${directoryId}`];
    writeFileSync(meta, lines.join('\n') + '\n');
  }
  const file = join(node.folder, 'server.properties');
  const settings = brokerSettings(node, cluster, data);
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  return file;
}

function brokerSettings(
  node: BrokerNode,
  cluster: readonly BrokerNode[],
  data: string,
): Record<string, string | number> {
  const copies = Math.min(3, cluster.length);
  return {
    'process.roles': 'broker,controller',
    'node.id': node.id,
    'controller.quorum.voters': cluster.map((it) => `${it.id}@127.0.0.1:${it.controllerPort}`).join(','),
    listeners: `BROKER://${node.host ?? '127.0.0.1'}:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}`,
    'advertised.listeners': `BROKER://${node.host ?? '127.0.0.1'}:${node.advertisedPort}`,
    'inter.broker.listener.name': 'BROKER',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': copies,
    'default.replication.factor': copies,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Quick rebalances, and quickly back after kill -9: 4.6 s instead of 11.7.
    'group.min.session.timeout.ms': 500,
    'broker.heartbeat.interval.ms': 500,
    'broker.session.timeout.ms': 2_000,
  };
}
