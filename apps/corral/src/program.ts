import { addCommands } from './commands/add-commands';
import { runCommand } from './run-command';

/** Every command there is. */
export const run = () => runCommand((program) => addCommands(program, process.env));
