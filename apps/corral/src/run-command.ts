import { ConfigError, explain } from '@corral/runtime';
import { Command, CommanderError } from 'commander';
import { CommandFailure } from './commands/api-client';

/** Runs the command that the arguments name, of those that are added. Exit codes: 0 done, 1 failed, 2 not understood. */
export async function runCommand(addTo: (program: Command) => void): Promise<void> {
  // `corral evaluate … | head` has seen enough: no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const program = new Command('corral')
    .description('Corral: heartbeats of a shared fleet in, geofence decisions and alerts out.')
    .version('0.1.0')
    .exitOverride()
    .showHelpAfterError('(corral --help shows every command, corral COMMAND --help its options)');
  addTo(program);
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    for (const sentence of sentencesOf(error)) process.stderr.write(`${sentence}\n`);
    process.exit(1);
  }
}

/** One line each, as the services say it. */
function sentencesOf(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.problems;
  return [error instanceof CommandFailure ? error.message : explain(error)];
}
