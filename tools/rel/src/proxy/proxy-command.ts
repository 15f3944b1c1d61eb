import type { Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { duration, say, share, untilInterrupted, whole } from '../command-line';
import type { RelFolder } from '../rel-folder';
import { giveOrder } from '../supervisor/control-socket';
import { NO_FAULTS, type Faults } from './faults';

/** `rel proxy`: faults between the services and Kafka, until Ctrl-C. */
export function addProxyCommand(program: Command, folder: RelFolder): void {
  program
    .command('proxy')
    .description('of a rig brought up with --proxy: make faults in what services say to Kafka, until Ctrl-C')
    .option('--drop-replies <share>', 'of the answers to appends: lost with their connection', share, 0)
    .option('--swallow-replies <share>', 'of the answers to appends: lost without a word', share, 0)
    .option('--drop-requests <share>', 'of the appends: the broker never sees them, the connection breaks', share, 0)
    .option('--swallow-requests <share>', 'of the appends: the broker never sees them, nobody is told', share, 0)
    .option('--latency <duration>', 'every answer comes so much later', duration, 0)
    .option('--seed <n>', 'decides which', whole, 7)
    .option('--for <duration>', 'no longer than that', duration)
    .option('--json', 'print the counts as JSON', false)
    .action(async ({ json, seed, latency: latencyMs, for: forMs, ...shares }: ProxyFlags) => {
      const faults: Faults = { ...NO_FAULTS, ...shares, latencyMs };
      if ((await giveOrder(folder.socket, { do: 'faults', faults, seed })) === undefined)
        throw new Error('no rig runs here: `rel up --proxy` starts one');
      await sleep(forMs ?? FOR_EVER_MS, undefined, { signal: untilInterrupted() }).catch(() => undefined);
      const counts = (await giveOrder(folder.socket, { do: 'faults', faults: NO_FAULTS }))?.faulted ?? {};
      say(json, counts, () =>
        Object.entries(counts)
          .map(([name, count]) => `${name.padEnd(18)} ${count}`)
          .join('\n'),
      );
    });
}

/** The longest that a timer can wait. */
const FOR_EVER_MS = 2 ** 31 - 1;

interface ProxyFlags extends Omit<Faults, 'latencyMs'> {
  readonly latency: number;
  readonly seed: number;
  readonly for?: number;
  readonly json: boolean;
}
