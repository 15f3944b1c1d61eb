import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import { chaos } from './chaos';
import { check, CHECKS, USUAL_CHECKS, type CheckName } from './check/check';
import { showCheck } from './check/show-check';
import { duration, note, positive, say, share, untilInterrupted, whole } from './command-line';
import { down, downParts } from './down';
import { gen, type GenOptions } from './gen/gen';
import { addFireCommands } from './headline/fire-commands';
import type { RelFolder } from './rel-folder';
import { poison, type PoisonOptions } from './poison';
import { addProxyCommand } from './proxy/proxy-command';
import { addScenarioCommands } from './scenario/scenario-commands';
import { parseScript, type ScriptedAnswer } from './sink/answers';
import { startSink } from './sink/sink';
import { up, upParts, type UpOptions } from './up';

/** Every command, its options and its help. */
export function addCommands(program: Command, folder: RelFolder): void {
  program
    .command('up')
    .description(
      'start a rig and wait until it is ready: five services over Kafka and PostgreSQL; or start parts of it again',
    )
    .argument(
      '[part...]',
      'of a running rig: ingestion, history, geofence, notification, gateway, kafka, pg; also geofence-2, geofence-3, ingestion-2',
    )
    .option('--embedded', 'one process with its own PostgreSQL, which also carries the log', false)
    .option('--fresh', 'forget the data of before', false)
    .option('--no-build', 'take the bundles as they are')
    .option('--partitions <n>', 'of every topic', whole, 6)
    .option('--session-timeout <duration>', "of Kafka's consumer groups", '2s')
    .option('--brokers <n>', 'of Kafka: 1, or 3 with three copies of everything', brokerCount, 1)
    .option('--proxy', 'put a proxy before each broker, for `rel proxy`', false)
    .option('--json', 'print the result as JSON', false)
    .action(
      async (parts: string[], options: Omit<UpOptions, 'say' | 'proxied'> & { json: boolean; proxy: boolean }) => {
        if (parts.length > 0) return upParts(folder, parts);
        const status = await up(folder, { ...options, proxied: options.proxy, say: note });
        say(options.json, status, () => `ready: ${status.mode}\n. ${folder.env}`);
      },
    );

  program
    .command('down')
    .description('end the rig, or parts of it; the data stays')
    .argument('[part...]', 'the others go on')
    .action(async (parts: string[]) => {
      if (parts.length > 0) return downParts(folder, parts);
      note((await down(folder, note)) ? 'down' : 'nothing ran here');
    });

  program
    .command('gen')
    .description('send a load of vehicles that ride over zone edges; keep what was acknowledged')
    .option('--seed <n>', 'decides the rides', whole, 7)
    .option('--n <n>', 'heartbeats', whole, 20_000)
    .option('--rate <n>', 'heartbeats per second; 0: as fast as they are taken', whole, 2_000)
    .option('--vehicles <n>', 'each has one request in flight', positive, 200)
    .option('--batch <n>', 'heartbeats per request', positive, 10)
    .option('--spread <n>', 'vehicles that share a request', positive, 1)
    .option('--conc <n>', 'requests in flight at most', positive, 64)
    .option('--dup <share>', 'of the heartbeats, sent twice', share, 0)
    .option(
      '--late <share>',
      'of the heartbeats, held back until one of the next two requests of their vehicles',
      share,
      0,
    )
    .option('--calm <n>', 'so many times as long for each way, trip and pause: fewer facts per heartbeat', positive, 1)
    .option('--give-up <duration>', 'end the load when nobody takes a request for so long', duration, 120_000)
    .option('--json', 'print the counts as JSON', false)
    .action(async ({ json, giveUp: giveUpMs, ...options }: GenFlags) => {
      const report = await gen(folder, { ...options, giveUpMs, progress: note, abort: untilInterrupted() });
      say(json, report, () => showCounts(report));
      if (!report.finished || Object.keys(report.unexpected).length > 0) process.exitCode = 1;
    });

  program
    .command('chaos')
    .description('strike parts of the rig, all at once, again and again; each comes back')
    .requiredOption('--kill <parts>', 'names separated by commas: services, kafka, pg; all: every service', names)
    .addOption(new Option('--sig <signal>', 'how').choices(['KILL', 'TERM']).default('KILL'))
    .option('--every <duration>', 'period; the first blow falls after one', duration, 10_000)
    .option('--for <duration>', 'how long', duration, 60_000)
    .option('--down <duration>', 'how long a part stays down', duration, 0)
    .option('--pause <duration>', 'STOP, and CONT after so long, instead of ending anything', duration)
    .option('--no-restart', 'what was struck stays down')
    .option('--json', 'print the counts as JSON', false)
    .action(async (options: ChaosFlags) => {
      const report = await chaos(folder, {
        kill: options.kill,
        signal: `SIG${options.sig}`,
        everyMs: options.every,
        forMs: options.for,
        downMs: options.down,
        pauseMs: options.pause,
        restart: options.restart,
        say: note,
        abort: untilInterrupted(),
      });
      say(options.json, report, () => showCounts(report));
    });

  program
    .command('check')
    .description('after a load: is anything acknowledged lost, any fact missing or invented? Exit 1 if so')
    .addArgument(
      new Argument(
        '[what...]',
        'lost, facts (both by default); deliveries, dups: with `rel sink` beside the load',
      ).choices(CHECKS),
    )
    .option('--wait <duration>', 'how long consumers may take to catch up', duration, 60_000)
    .option('--json', 'print everything found as JSON', false)
    .action(async (what: CheckName[], { wait, json }: { wait: number; json: boolean }) => {
      const names = what.length > 0 ? what : USUAL_CHECKS;
      const report = await check(folder, { names, waitMs: wait, signal: untilInterrupted(), progress: note });
      say(json, report, () => showCheck(report));
      if (!report.holds) process.exitCode = 1;
    });

  program
    .command('poison')
    .description('append records that nobody can use, straight to the topic of heartbeats')
    .option('--n <n>', 'how many', positive, 101)
    .option('--vehicles <n>', 'by turns under the keys of so many', positive, 5)
    .option('--partition <n>', 'which takes them all', whole, 0)
    .option('--bytes <n>', 'of each, in addition', whole, 0)
    .action(async (options: PoisonOptions) => {
      await poison(folder, options);
      note(`${options.n} records of ${options.vehicles} vehicles in partition ${options.partition}`);
    });

  program
    .command('sink')
    .description('receive webhooks until Ctrl-C: verify each signature, write down each hit (hits.ndjson)')
    .option('--script <answers>', 'such as 500x3,429,200~2000: status, ~ms late, xhow often; then 200', script, [])
    .action(async (options: { script: readonly ScriptedAnswer[] }) => {
      const sink = await startSink(folder, options.script);
      note(`receiving at ${sink.url}`);
      const interrupted = untilInterrupted();
      if (!interrupted.aborted)
        await new Promise((resolve) => interrupted.addEventListener('abort', resolve, { once: true }));
      await sink.stop();
      note(`${sink.hits()} hits`);
    });

  addFireCommands(program, folder);
  addProxyCommand(program, folder);
  addScenarioCommands(program, folder);
}

interface GenFlags extends Omit<GenOptions, 'giveUpMs' | 'progress' | 'abort'> {
  readonly giveUp: number;
  readonly json: boolean;
}

interface ChaosFlags {
  readonly kill: readonly string[];
  readonly sig: 'KILL' | 'TERM';
  readonly every: number;
  readonly for: number;
  readonly down: number;
  readonly pause?: number;
  readonly restart: boolean;
  readonly json: boolean;
}

function showCounts(counts: object): string {
  return Object.entries(counts)
    .map(([name, value]) => `${name.padEnd(14)} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join('\n');
}

function script(text: string): readonly ScriptedAnswer[] {
  const answers = parseScript(text);
  if (answers === undefined) throw new InvalidArgumentError('statuses such as 500x3,429,200~2000');
  return answers;
}

function brokerCount(text: string): number {
  if (text !== '1' && text !== '3') throw new InvalidArgumentError('1 or 3');
  return Number(text);
}

function names(text: string): string[] {
  return text.split(',').filter((name) => name !== '');
}
