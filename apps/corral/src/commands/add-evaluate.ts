import type { QuietProfile } from '@corral/domain';
import { Option, type Command } from 'commander';
import { addCommand } from './add-command';
import { readJson } from './read-json';

/** `corral evaluate`, its options and its help. */
export function addEvaluate(program: Command): void {
  addCommand(
    program,
    'evaluate',
    'run the engine over heartbeats (NDJSON on standard input) offline; facts as NDJSON on standard output',
  )
    .requiredOption('--zones <file>', 'GBFS geofencing_zones, GeoJSON or MDS geographies')
    .option('--stations <file>', 'GBFS station_information: where rules speak of stations')
    .option('--id-property <property>', 'which property of a feature is its zone id')
    .addOption(
      new Option(
        '--confirm <profile>',
        'how enter and exit are decided (default: as the file says, else confirmed)',
      ).choices(['immediate', 'confirmed']),
    )
    .option('--vehicle-type <type>', 'the type of every vehicle')
    .option(
      '--lateness <duration>',
      'how late a line may come and still count; 0s: the order of the lines decides',
      '120s',
    )
    .option('--fleet <fleet>', 'the fleet the ids are made for', 'default')
    .option('--explain <fact>', 'instead of the facts: why the one of this id is so, with the reports around it')
    .option('--strict', 'exit 1 when a line is bad')
    .action(async (options: EvaluateFlags) => {
      const { evaluateCommand } = await import('./evaluate-command');
      const stations = options.stations === undefined ? undefined : { document: readJson(options.stations) };
      const good = await evaluateCommand(options, readJson(options.zones), stations);
      if (!good) process.exitCode = 1;
    });
}

/** What `corral evaluate` is given. */
export interface EvaluateFlags {
  readonly zones: string;
  readonly stations?: string;
  readonly idProperty?: string;
  readonly confirm?: QuietProfile;
  readonly vehicleType?: string;
  readonly lateness: string;
  readonly fleet: string;
  readonly explain?: string;
  readonly strict?: boolean;
}
