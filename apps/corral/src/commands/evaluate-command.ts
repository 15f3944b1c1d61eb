import { parseDuration } from '@corral/runtime';
import type { EvaluateFlags } from './add-commands';
import { CommandFailure } from './api-client';
import { evaluateLines, scheduleOfFile } from './evaluate';
import { readNdjson } from './ndjson';
import { createProgress } from './progress';

/** `corral evaluate`: standard input to standard output; answers whether all was good enough for exit 0. */
export async function evaluateCommand(flags: EvaluateFlags, document: unknown): Promise<boolean> {
  warnOfWhatIsNotThere(flags);
  const latenessMs = parseDuration(flags.lateness);
  if (latenessMs === undefined) throw new CommandFailure(`--lateness ${flags.lateness}: give a duration such as 120s`);
  const file = scheduleOfFile(document, {
    fleetId: flags.fleet,
    idProperty: flags.idProperty,
    profile: flags.confirm,
    latenessMs,
  });
  for (const notice of file.notices) process.stderr.write(`${flags.zones}: ${notice}\n`);
  if (file.kind === 'refused') throw new CommandFailure(`${flags.zones} has no usable zone`);

  if (process.stdin.isTTY)
    process.stderr.write('reading heartbeats from this terminal, one JSON object a line; Ctrl-D ends\n');
  const progress = createProgress();
  let lines = 0;
  async function* counted() {
    for await (const line of readNdjson('-')) {
      lines += 1;
      if (lines % 1_000 === 0) progress.show(`${lines} lines evaluated`);
      yield line;
    }
  }
  const summary = await evaluateLines(
    counted(),
    file.schedule,
    { fleetId: flags.fleet, vehicleTypeId: flags.vehicleType },
    (fact) => process.stdout.write(`${JSON.stringify(fact)}\n`),
    (line, code, detail) => process.stderr.write(`line ${line}: ${code}: ${detail}\n`),
  );
  progress.end();
  process.stderr.write(`${summary.lines} lines, ${summary.bad} bad, ${summary.facts} facts\n`);
  return !(flags.strict === true && summary.bad > 0);
}

/** An option that is understood but changes nothing would look like an answer. */
function warnOfWhatIsNotThere(flags: EvaluateFlags): void {
  if (flags.confirm === 'confirmed')
    process.stderr.write(
      'warning: --confirm confirmed changes nothing: every fix decides (immediate) until there is that profile\n',
    );
}
