import type { Command } from 'commander';
import { note, say, untilInterrupted } from '../command-line';
import { poisoned } from '../poisoned/poisoned';
import type { RelFolder } from '../rel-folder';
import type { ScenarioOptions, ScenarioReport } from './run-scenario';
import { showScenario } from './show-scenario';

/** Commands that play one scenario on a fresh rig and end with `N passed, N failed`. */
export function addScenarioCommands(program: Command, folder: RelFolder): void {
  scenario(
    program,
    'poisoned',
    'what can be wrong with a topic: unusable records, a sick bike, a bad release, a replay, retention, a topic made anew',
    (options) => poisoned(folder, options),
  );
}

function scenario(
  program: Command,
  name: string,
  description: string,
  play: (options: ScenarioOptions) => Promise<ScenarioReport>,
): Command {
  return program
    .command(name)
    .description(`${description}. Exit 1 if a promise is broken`)
    .option('--no-build', 'take the bundles as they are')
    .option('--json', 'print everything found as JSON', false)
    .action(async ({ build, json }: { build: boolean; json: boolean }) => {
      const report = await play({ build, say: note, abort: untilInterrupted() });
      say(json, report, () => showScenario(report));
      if (!report.holds) process.exitCode = 1;
    });
}
