import { explain } from '@corral/runtime';
import { Command, CommanderError } from 'commander';
import { CommandFailure } from './commands/api-client';
import { addCommands } from './commands/add-commands';

/** Exit codes: 0 done, 1 failed, 2 not understood. */
async function main(): Promise<void> {
  const program = new Command('corral')
    .description('Corral: heartbeats of a shared fleet in, geofence decisions and alerts out.')
    .version('0.1.0')
    .exitOverride()
    .showHelpAfterError('(corral --help shows every command, corral COMMAND --help its options)');
  addCommands(program, process.env);
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    const sentence = error instanceof CommandFailure ? error.message : explain(error);
    process.stderr.write(`corral: ${sentence}\n`);
    process.exit(1);
  }
}

void main();
