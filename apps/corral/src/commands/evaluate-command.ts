import { parseDuration } from '@corral/runtime';
import type { EvaluateFlags } from './add-evaluate';
import { CommandFailure } from './api-client';
import { evaluateLines, scheduleOfFile, stationsOfFile, type EvaluateSummary } from './evaluate';
import { createExplainOne, sayExplanation } from './explain-one';
import { readNdjsonBlocks } from './ndjson';
import { createProgress } from './progress';

/** `corral evaluate`: standard input to standard output; answers whether all was good enough for exit 0. */
export async function evaluateCommand(
  flags: EvaluateFlags,
  document: unknown,
  stationFile?: { readonly document: unknown },
): Promise<boolean> {
  const latenessMs = parseDuration(flags.lateness);
  if (latenessMs === undefined) throw new CommandFailure(`--lateness ${flags.lateness}: give a duration such as 120s`);
  const there = stationFile && stationsOfFile(stationFile.document);
  for (const notice of there?.notices ?? []) process.stderr.write(`${flags.stations}: ${notice}\n`);
  if (there?.kind === 'refused') throw new CommandFailure(`${flags.stations} has no usable station`);
  const file = scheduleOfFile(document, {
    stations: there?.stations,
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
  const begun = { at: performance.now(), cpu: process.cpuUsage() };
  let lines = 0;
  async function* counted() {
    for await (const block of readNdjsonBlocks('-')) {
      yield block;
      lines += block.length;
      progress.show(`${lines} lines evaluated`);
    }
  }
  const explained =
    flags.explain === undefined ? undefined : createExplainOne(flags.explain, file.schedule, flags.vehicleType);
  const summary = await evaluateLines(
    counted(),
    file.schedule,
    { fleetId: flags.fleet, vehicleTypeId: flags.vehicleType },
    explained ? () => undefined : (fact) => process.stdout.write(`${JSON.stringify(fact)}\n`),
    (line, code, detail) => process.stderr.write(`line ${line}: ${code}: ${detail}\n`),
    explained && ((step) => explained.see(step)),
  );
  progress.end();
  process.stderr.write(`${sayAll(summary)} in ${sayTimeSince(begun)}\n`);
  const tellings = explained?.tellings();
  for (const telling of tellings ?? []) process.stdout.write(`${JSON.stringify(sayExplanation(telling))}\n`);
  if (tellings?.length === 0) throw new CommandFailure(`no fact ${flags.explain} was decided in these lines`);
  return !(flags.strict === true && summary.bad > 0);
}

function sayAll({ lines, bad, facts, anomalies }: EvaluateSummary): string {
  const odd = [...anomalies].map(([kind, count]) => `, ${count} ${kind}`);
  return `${lines} lines, ${bad} bad, ${facts} facts${odd.join('')}`;
}

function sayTimeSince({ at, cpu }: { readonly at: number; readonly cpu: NodeJS.CpuUsage }): string {
  const { user, system } = process.cpuUsage(cpu);
  return `${((performance.now() - at) / 1_000).toFixed(2)} s, ${((user + system) / 1e6).toFixed(2)} s of CPU`;
}
