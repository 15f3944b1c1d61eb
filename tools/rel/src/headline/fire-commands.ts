import type { Command } from 'commander';
import { duration, note, positive, say, share, untilInterrupted, whole } from '../command-line';
import type { RelFolder } from '../rel-folder';
import { embeddedHeadline, headline, showFire, type FireOptions, type FireReport } from './headline';

/** `rel headline` and `rel embedded`: from nothing to a verdict in one command. */
export function addFireCommands(program: Command, folder: RelFolder): void {
  withFireOptions(
    program
      .command('headline')
      .description(
        'from nothing: a fresh rig, a load, kill -9 of everything, then every check. Exit 1 if a promise is broken',
      ),
  )
    .option('--every <duration>', 'all services are killed', duration, 3_000)
    .option('--broker-every <duration>', 'the broker is killed', duration, 20_000)
    .option('--postmaster-every <duration>', 'the postmaster is killed', duration, 30_000)
    .option('--partitions <n>', 'of every topic', positive, 6)
    .action(async ({ every, brokerEvery, postmasterEvery, partitions, ...flags }: HeadlineFlags) => {
      const periods = { everyMs: every, brokerEveryMs: brokerEvery, postmasterEveryMs: postmasterEvery };
      conclude(flags, await headline(folder, { ...optionsOf(flags), ...periods, partitions }));
    });

  withFireOptions(
    program
      .command('embedded')
      .description(
        'the same for one embedded process, twice: it alone is killed, then it and its PostgreSQL together. Exit 1 if a promise is broken',
      ),
  )
    .option('--every <duration>', 'it is killed', duration, 3_000)
    .action(async ({ every, ...flags }: FireFlags & { every: number }) =>
      conclude(flags, await embeddedHeadline(folder, { ...optionsOf(flags), everyMs: every })),
    );
}

function withFireOptions(command: Command): Command {
  return command
    .option('--seed <n>', 'decides the rides', whole, 7)
    .option('--n <n>', 'heartbeats', positive, 60_000)
    .option('--rate <n>', 'heartbeats per second', whole, 1_000)
    .option('--vehicles <n>', 'each has one request in flight', positive, 200)
    .option('--dup <share>', 'of the heartbeats, sent twice', share, 0.01)
    .option('--late <share>', 'of the heartbeats, held back and sent after newer ones', share, 0.02)
    .option('--calm <n>', 'so many times as long for each way, trip and pause', positive, 4)
    .option('--strike-for <duration>', 'no blows after that: the load comes to its end', duration, 150_000)
    .option('--wait <duration>', 'how long all may take to catch up after the load', duration, 120_000)
    .option('--within <duration>', 'a run that is not over by then has failed', duration, 3_600_000)
    .option('--least-kills <n>', 'fewer show too little', whole, 1)
    .option('--most-repeats <share>', 'of the deliveries may be repeats; counted only unless given', share)
    .option('--no-build', 'take the bundles as they are')
    .option('--json', 'print everything found as JSON', false);
}

interface FireFlags {
  readonly seed: number;
  readonly n: number;
  readonly rate: number;
  readonly vehicles: number;
  readonly dup: number;
  readonly late: number;
  readonly calm: number;
  readonly strikeFor: number;
  readonly wait: number;
  readonly within: number;
  readonly leastKills: number;
  readonly mostRepeats?: number;
  readonly build: boolean;
  readonly json: boolean;
}

interface HeadlineFlags extends FireFlags {
  readonly every: number;
  readonly brokerEvery: number;
  readonly postmasterEvery: number;
  readonly partitions: number;
}

function optionsOf({ strikeFor, wait, within, json: _json, ...flags }: FireFlags): FireOptions {
  const abort = AbortSignal.any([untilInterrupted(), timeIsUp(within)]);
  return { ...flags, strikeForMs: strikeFor, waitMs: wait, say: note, abort };
}

function conclude({ json }: FireFlags, report: FireReport): void {
  say(json, report, () => showFire(report));
  if (!report.holds) process.exitCode = 1;
}

function timeIsUp(withinMs: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error(`not over within ${withinMs / 1_000} s`)), withinMs).unref();
  return controller.signal;
}
