import { startKafkaBroker, type KafkaBroker } from '@corral/messaging/testing';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelFolder } from '../rel-folder';
import { oneAfterAnother } from './one-after-another';
import type { Part } from './part';
import { goneWithin, tell, writePid } from './process-ids';

/** A Kafka as parts of a rig, one for each broker. */
export interface BrokerParts {
  /** `kafka` when there is one, else `kafka-1`, `kafka-2` and so on. */
  readonly parts: readonly Part[];
  start(): Promise<void>;
  bootstrap(): readonly string[];
  version(): string;
}

/** Real brokers, which end with the supervisor however that ends. `advertise`: given a broker's port, the port that clients are told. */
export function brokerParts(
  folder: RelFolder,
  options: {
    readonly brokers: number;
    readonly advertise?: (port: number) => Promise<number>;
    readonly note: (line: string) => void;
  },
): BrokerParts {
  const { brokers, advertise, note } = options;
  const inTurn = oneAfterAnother();
  let cluster: KafkaBroker | undefined;
  const nodes = Array.from({ length: brokers }, (_, at) => at + 1);

  async function startAll(): Promise<void> {
    cluster ??= await startKafkaBroker({
      brokers,
      dataDir: join(folder.data, 'kafka'),
      advertise,
      logger: { info: note },
    });
    for (const node of nodes) writePid(folder.run, `kafka-${node}`, cluster.pidOf(node));
  }

  function partOf(node: number): Part {
    const name = brokers === 1 ? 'kafka' : `kafka-${node}`;
    const pids = () => [cluster?.pidOf(node) ?? []].flat();
    async function bringUp(): Promise<void> {
      if (cluster === undefined) return startAll();
      if (cluster.pidOf(node) === undefined) await cluster.restart(node);
      writePid(folder.run, `kafka-${node}`, cluster.pidOf(node));
    }
    return {
      name,
      pids,
      start: () => inTurn(bringUp),
      signal: (signal) => tell(pids(), signal),
      strike: ({ signal, downMs, restart }) =>
        inTurn(async () => {
          const began = performance.now();
          const struck = pids();
          tell(struck, signal);
          await goneWithin(struck, 20_000);
          // Also when it has gone: only then does the broker itself know.
          await cluster?.kill(node);
          writePid(folder.run, `kafka-${node}`, undefined);
          if (!restart) return { part: name, pid: struck[0] };
          await sleep(downMs);
          const startedAt = performance.now();
          await bringUp();
          return {
            part: name,
            pid: struck[0],
            backAfterMs: Math.round(performance.now() - began),
            startMs: Math.round(performance.now() - startedAt),
          };
        }),
      stop: () =>
        inTurn(async () => {
          if (brokers === 1) await cluster?.stop();
          else await cluster?.kill(node);
          writePid(folder.run, `kafka-${node}`, undefined);
        }),
      status: async () => ({ part: name, pids: pids(), ready: pids().length > 0, endedByItself: 0 }),
    };
  }

  return {
    parts: nodes.map(partOf),
    start: () => inTurn(startAll),
    bootstrap: () => cluster?.bootstrap ?? [],
    version: () => cluster?.version ?? 'unknown',
  };
}
