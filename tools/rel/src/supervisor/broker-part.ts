import { startKafkaBroker, type KafkaBroker } from '@corral/messaging/testing';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RelFolder } from '../rel-folder';
import { oneAfterAnother } from './one-after-another';
import type { Part } from './part';
import { goneWithin, tell, writePid } from './process-ids';

/** A Kafka of one broker, which ends with the supervisor however that ends. */
export function brokerPart(
  folder: RelFolder,
  note: (line: string) => void,
): Part & { readonly bootstrap: () => readonly string[]; readonly version: () => string } {
  const inTurn = oneAfterAnother();
  let broker: KafkaBroker | undefined;

  async function bringUp(): Promise<void> {
    if (broker === undefined)
      broker = await startKafkaBroker({ dataDir: join(folder.data, 'kafka'), logger: { info: note } });
    else if (broker.pids.length === 0) await broker.restart(1);
    writePid(folder.run, 'kafka-1', broker.pids[0]);
  }

  const part: Part & { bootstrap: () => readonly string[]; version: () => string } = {
    name: 'kafka',
    bootstrap: () => broker?.bootstrap ?? [],
    version: () => broker?.version ?? 'unknown',
    pids: () => broker?.pids ?? [],
    start: () => inTurn(bringUp),
    signal: (signal) => tell(part.pids(), signal),
    strike: ({ signal, downMs, restart }) =>
      inTurn(async () => {
        const began = performance.now();
        const pids = part.pids();
        tell(pids, signal);
        await goneWithin(pids, 20_000);
        // Also when it has gone: only then does the broker itself know.
        await broker?.kill();
        writePid(folder.run, 'kafka-1', undefined);
        if (!restart) return { part: 'kafka', pid: pids[0] };
        await sleep(downMs);
        await bringUp();
        return { part: 'kafka', pid: pids[0], backAfterMs: Math.round(performance.now() - began) };
      }),
    stop: () =>
      inTurn(async () => {
        await broker?.stop();
        writePid(folder.run, 'kafka-1', undefined);
      }),
    status: async () => ({ part: 'kafka', pids: part.pids(), ready: part.pids().length > 0, endedByItself: 0 }),
  };
  return part;
}
