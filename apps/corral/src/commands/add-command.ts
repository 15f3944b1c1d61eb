import type { Command } from 'commander';

/** Adds a command that can answer as JSON. */
export function addCommand(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).option('--json', 'the result as JSON, for programs');
}
