import { explain } from '@corral/runtime';
import { Command, CommanderError } from 'commander';
import { addCommands } from './commands';
import { relFolder } from './rel-folder';
import { supervise, type RigOptions } from './supervisor/supervise';

/** Exit codes: 0 holds or done, 1 failed or broken, 2 not understood. */
async function main(): Promise<void> {
  // The process that `rel up` leaves behind is this same program; nobody calls it by hand.
  if (process.argv[2] === 'supervise') {
    await supervise(relFolder(), JSON.parse(process.argv[3]!) as RigOptions);
    process.exit(0);
  }
  const program = new Command('rel')
    .description('Brings Corral up for real, loads it, kills anything, then checks that nothing was lost or invented.')
    .addHelpText(
      'after',
      '\nEverything lies in $REL (default .cache/rel): env, run/*.pid, log/, data/, acks.ndjson, sent.ndjson, runs.ndjson.',
    )
    .exitOverride()
    .showHelpAfterError('(rel --help shows every command, rel COMMAND --help its options)');
  addCommands(program, relFolder());
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    throw error;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`rel: ${explain(error)}\n`);
  process.exit(1);
});
