import { InvalidArgumentError, type Command } from 'commander';
import type { Print } from './add-commands';
import type { DlqFlags } from './dlq';
import type { ResetTarget } from './plan-reset';

/**
 * What an operator needs when something was set aside or stands still. These commands open DATABASE_URL and KAFKA_BROKERS themselves, or, without
 * them, the PostgreSQL of the `corral up` that runs on CORRAL_DATA_DIR: they need no API key, but to be where the services are.
 */
export function addOperatorCommands(program: Command, env: NodeJS.ProcessEnv): void {
  const dlq = program
    .command('dlq')
    .description('dead letters: records that could not be used (DATABASE_URL, KAFKA_BROKERS)');
  filtered(dlq.command('list').description('how many of which kind, and which'))
    .option('--limit <number>', 'how many to name', wholeNumber, 50)
    .action(async (flags: DlqFlags & Json & { limit: number }) => {
      const { dlqList } = await import('./dlq');
      await dlqList(env, flags, print(flags));
    });
  dlq
    .command('show')
    .description('one of them, with its bytes')
    .argument('<id>', 'its id, or how it begins')
    .option('--json', JSON_HELP)
    .action(async (id: string, flags: Json) => {
      const { dlqShow } = await import('./dlq');
      await dlqShow(env, id, print(flags));
    });
  filtered(dlq.command('replay').description('append their raw bytes to the topic again, once the reason is mended'))
    .option('--all', 'without any filter')
    .option('--again', 'also those that were replayed before')
    .option('--dry-run', 'only count')
    .option('--rate <number>', 'records a second', positive, 200)
    .action(async (flags: DlqFlags & Json & { all?: boolean; again?: boolean; dryRun?: boolean; rate: number }) => {
      const { dlqReplay } = await import('./dlq');
      await dlqReplay(env, flags, print(flags));
    });

  const offsets = program
    .command('offsets')
    .description('where consumers are in the log, and what stands still (DATABASE_URL, KAFKA_BROKERS)');
  offsets
    .command('show')
    .description('places, parked partitions with their reasons, gaps')
    .option('--consumer <name>', 'geofence, history or notification')
    .option('--partition <number>', 'only this one', wholeNumber)
    .option('--json', JSON_HELP)
    .action(async (flags: Json & { consumer?: string; partition?: number }) => {
      const { offsetsShow } = await import('./offsets');
      await offsetsShow(env, flags, print(flags));
    });
  offsets
    .command('reset')
    .description('let a parked partition flow again, from a place of your choice; exit 1 when nothing was moved')
    .requiredOption('--consumer <name>', 'geofence, history or notification')
    .requiredOption(
      '--to <place>',
      'here (as it stands), start (the oldest record), end (skips all), or an offset',
      place,
    )
    .option('--partition <number>', 'only this one', wholeNumber)
    .option('--all-parked', 'every parked partition of the consumer')
    .option('--force', 'also one that is not parked')
    .option('--yes', 'do it; otherwise it is only said what it means')
    .option('--json', JSON_HELP)
    .action(async (flags: ResetFlags) => {
      if ((flags.partition === undefined) === (flags.allParked === undefined))
        offsets.error('error: say which: either --partition <number> or --all-parked');
      const { offsetsReset } = await import('./offsets');
      if (!(await offsetsReset(env, flags, print(flags)))) process.exitCode = 1;
    });
}

interface Json {
  readonly json?: boolean;
}

interface ResetFlags extends Json {
  readonly consumer: string;
  readonly to: ResetTarget;
  readonly partition?: number;
  readonly allParked?: boolean;
  readonly force?: boolean;
  readonly yes?: boolean;
}

const JSON_HELP = 'the result as JSON, for programs';

function filtered(command: Command): Command {
  return command
    .option('--consumer <name>', 'set aside by geofence, history or notification')
    .option('--reason <word>', 'such as wrong_schema, step_failed, vehicle_set_aside')
    .option('--vehicle <id>', 'of this vehicle (or fleet/vehicle)')
    .option('--since <time>', 'set aside at or after: RFC 3339, or 2h for two hours ago')
    .option('--until <time>', 'set aside before')
    .option('--json', JSON_HELP);
}

function print(flags: Json): Print {
  return (result, prose) => process.stdout.write(`${flags.json === true ? JSON.stringify(result) : prose}\n`);
}

function place(value: string): ResetTarget {
  return value === 'here' || value === 'start' || value === 'end' ? value : wholeNumber(value);
}

function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}

function positive(value: string): number {
  if (wholeNumber(value) === 0) throw new InvalidArgumentError('It must be at least 1.');
  return Number(value);
}
