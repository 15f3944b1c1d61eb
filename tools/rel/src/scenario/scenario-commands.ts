import type { Command } from 'commander';
import { note, positive, share, untilInterrupted, whole } from '../command-line';
import type { RelFolder } from '../rel-folder';
import { lostReplies } from './lost-replies';
import type { ScenarioOptions } from './scenario';

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
