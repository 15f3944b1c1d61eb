import { mkdirSync, rmSync } from 'node:fs';
import type { RelFolder } from '../rel-folder';
import { writeEnv } from '../rel-folder';
import { listenForOrders, type Answer, type Order } from './control-socket';
import { startEmbeddedRig } from './embedded-rig';
import type { Part } from './part';
import { writePid } from './process-ids';
import type { Rig } from './rig';
import { startServicesRig } from './services-rig';

/** How a rig is brought up. */
export interface RigOptions {
  readonly embedded: boolean;
  readonly partitions: number;
  /** Of Kafka's consumer groups, such as `2s`. */
  readonly sessionTimeout: string;
  /** How long a service goes on answering after it was told to end, for those who do not know yet; 0 when absent. */
  readonly drainMs?: number;
  /** Of Kafka, 1 when absent. With three, topics have three copies, of which two must be in sync. */
  readonly brokers?: number;
  /** Whether a proxy that can make faults stands before each broker. */
  readonly proxied?: boolean;
}

/**
 * The process that owns a rig: starts it, takes orders, ends it. Writes what it does to standard output, one line each. Resolves
 * when all has stopped.
 */
export async function supervise(folder: RelFolder, options: RigOptions): Promise<void> {
  for (const path of [folder.run, folder.log, folder.data]) mkdirSync(path, { recursive: true });
  const note = (line: string) => void process.stdout.write(`${new Date().toISOString()} ${line}\n`);
  writePid(folder.run, 'supervisor', process.pid);
  let rig: Rig | undefined;
  let stopping: Promise<void> | undefined;
  let finish: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (finish = resolve));

  const partsNamed = (names: readonly string[]): Part[] =>
    names
      .flatMap((name) => (name === 'all' ? rig!.services : [name]))
      .map((name) => {
        const part = rig!.parts.find((one) => one.name === name);
        if (part === undefined)
          throw new Error(`there is no ${name} here, only ${rig!.parts.map((one) => one.name).join(', ')}`);
        return part;
      });

  async function obey(order: Order): Promise<Answer> {
    if (rig === undefined) {
      if (order.do === 'status') return { mode: 'starting' };
      throw new Error('the rig is still starting');
    }
    switch (order.do) {
      case 'status':
        return {
          mode: rig.title,
          services: rig.services,
          parts: await Promise.all(rig.parts.map((part) => part.status())),
        };
      case 'start':
        for (const part of partsNamed(order.parts)) await part.start();
        return {};
      case 'stop':
        await Promise.all(partsNamed(order.parts).map((part) => part.stop()));
        return {};
      case 'signal':
        for (const part of partsNamed(order.parts)) part.signal(order.signal);
        return {};
      case 'strike': {
        const { part, ...blow } = order;
        const struck = await partsNamed([part])[0]!.strike(blow);
        note(
          `${blow.signal} ${part} (pid ${struck.pid}): ${struck.exit ?? 'ended'}, back after ${struck.backAfterMs ?? '-'} ms`,
        );
        return { struck };
      }
      case 'faults':
        if (rig.proxies === undefined) throw new Error('this rig has no proxies: `rel up --proxy` makes them');
        return {
          faulted: order.faults === undefined ? rig.proxies.counts() : rig.proxies.set(order.faults, order.seed ?? 7),
        };
      case 'down':
        await (stopping ??= stopAll(rig));
        finish();
        return {};
    }
  }

  const server = await listenForOrders(folder.socket, obey);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, finish);
  try {
    rig = await (options.embedded
      ? startEmbeddedRig(folder, { note })
      : startServicesRig(folder, { ...options, note }));
    writeEnv(folder, rig.env);
    note(`ready: ${rig.title}`);
    await over;
    await (stopping ??= stopAll(rig));
  } finally {
    server.close();
    rmSync(folder.socket, { force: true });
    writePid(folder.run, 'supervisor', undefined);
    note('stopped');
  }
}

/** First those that write, last what they write to. */
async function stopAll(rig: Rig): Promise<void> {
  const writers = [...rig.services, ...(rig.spares ?? [])];
  await Promise.all(rig.parts.filter((part) => writers.includes(part.name)).map((part) => part.stop()));
  for (const part of rig.parts) if (!writers.includes(part.name)) await part.stop();
  await rig.proxies?.close();
}
