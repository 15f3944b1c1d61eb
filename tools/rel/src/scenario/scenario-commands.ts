import type { Command } from 'commander';
import { duration, note, positive, share, untilInterrupted, whole } from '../command-line';
import type { RelFolder } from '../rel-folder';
import { away } from './away';
import { leaders } from './leaders';
import { diskFull } from '../disk-full/disk-full';
import { poisoned } from '../poisoned/poisoned';
import { rolling } from '../rolling/rolling';
import { lostReplies } from './lost-replies';
import type { ScenarioOptions } from './scenario';
import { zombie } from './zombie';

/** One command per scenario: from nothing to a closing line `N passed, N failed`; exit 1 if a promise is broken. */
export function addScenarioCommands(program: Command, folder: RelFolder): void {
  scenario(
    program,
    'lost-replies',
    'the broker appends, and its answer is lost on the way: nothing acknowledged is lost',
  )
    .option('--n <n>', 'requests of one heartbeat each', positive, 200_000)
    .option('--conc <n>', 'requests in flight', positive, 64)
    .option('--drop <share>', "of the broker's answers to appends", share, 0.01)
    .action(async (flags: Flags & { n: number; conc: number; drop: number }) =>
      conclude(await lostReplies(folder, { ...flags, ...told() })),
    );

  scenario(
    program,
    'poisoned',
    'unusable records, a sick bike, a bad release, a replay, a retention that passed a consumer, a topic made anew',
  ).action(async (flags: Flags) => conclude(await poisoned(folder, { ...flags, ...told() })));

  scenario(program, 'rolling', 'SIGTERM to every service in turn under load, as a rollout does it')
    .option('--n <n>', 'heartbeats', positive, 160_000)
    .option('--rate <n>', 'heartbeats per second', positive, 2_000)
    .option('--vehicles <n>', 'each has one request in flight', positive, 1_000)
    .option('--calm <n>', 'so many times as long for each way, trip and pause', positive, 20)
    .option('--wait <duration>', 'how long all may take to catch up after the load', duration, 120_000)
    .action(
      async ({ wait, ...flags }: Flags & { n: number; rate: number; vehicles: number; calm: number; wait: number }) =>
        conclude(await rolling(folder, { ...flags, waitMs: wait, ...told() })),
    );

  scenario(
    program,
    'disk-full',
    'the small disk of an embedded Corral fills up, and has room again (needs to mount a tmpfs)',
  )
    .option('--n <n>', 'heartbeats', positive, 30_000)
    .option('--rate <n>', 'heartbeats per second', positive, 500)
    .action(async (flags: Flags & { n: number; rate: number }) =>
      conclude(await diskFull(folder, { ...flags, ...told() })),
    );

  scenario(program, 'zombie', 'an owner is stopped, replaced, and goes on; then a third one comes and goes')
    .option('--rate <n>', 'heartbeats per second', positive, 1_000)
    .option('--pause <duration>', 'how long the owner stands still', duration, 60_000)
    .option('--flap-for <duration>', 'how long a third consumer comes and goes', duration, 180_000)
    .option('--flap-every <duration>', 'so long it stays, and stays away', duration, 5_000)
    .action(async ({ pause, flapFor, flapEvery, ...flags }: ZombieFlags) =>
      conclude(
        await zombie(folder, {
          ...{ ...flags, ...told() },
          ...{ pauseMs: pause, flapForMs: flapFor, flapEveryMs: flapEvery },
        }),
      ),
    );

  scenario(program, 'away', 'Kafka is killed, then paused, then PostgreSQL is away; each comes back')
    .option('--rate <n>', 'heartbeats per second', positive, 500)
    .option('--kafka <duration>', 'how long Kafka is away; 0s leaves it out', duration, 60_000)
    .option('--kafka-paused <duration>', 'how long it stands still; 0s leaves it out', duration, 20_000)
    .option('--postgres <duration>', 'how long PostgreSQL is away; 0s leaves it out', duration, 60_000)
    .action(async ({ kafka, kafkaPaused, postgres, ...flags }: AwayFlags) =>
      conclude(
        await away(folder, {
          ...{ ...flags, ...told() },
          ...{ kafkaAwayMs: kafka, kafkaPausedMs: kafkaPaused, databaseAwayMs: postgres },
        }),
      ),
    );

  scenario(program, 'leaders', 'of three brokers each is killed, then stopped, in turn; then two are dead')
    .option('--rate <n>', 'heartbeats per second', positive, 500)
    .option('--down <duration>', 'how long a broker stays down', duration, 10_000)
    .action(async ({ down, ...flags }: Flags & { rate: number; down: number }) =>
      conclude(await leaders(folder, { ...flags, ...told(), downMs: down })),
    );
}

interface ZombieFlags extends Flags {
  readonly rate: number;
  readonly pause: number;
  readonly flapFor: number;
  readonly flapEvery: number;
}

interface AwayFlags extends Flags {
  readonly rate: number;
  readonly kafka: number;
  readonly kafkaPaused: number;
  readonly postgres: number;
}

type Flags = Pick<ScenarioOptions, 'seed' | 'build'>;

function scenario(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(`a scenario on a fresh rig: ${description}`)
    .option('--seed <n>', 'decides the rides and the faults', whole, 7)
    .option('--no-build', 'take the bundles as they are');
}

function told(): Pick<ScenarioOptions, 'say' | 'tell' | 'abort'> {
  return { say: note, tell: (line) => void process.stdout.write(`${line}\n`), abort: untilInterrupted() };
}

function conclude(holds: boolean): void {
  if (!holds) process.exitCode = 1;
}
