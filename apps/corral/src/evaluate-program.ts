import { addEvaluate } from './commands/add-evaluate';
import { runCommand } from './run-command';

/** `corral evaluate` alone, which needs a twentieth of all there is. */
export const run = () => runCommand(addEvaluate);
