import { InvalidArgumentError, Option, type Command } from 'commander';
import { addCommand } from './add-command';
import { addEvaluate } from './add-evaluate';
import { addOperatorCommands } from './add-operator-commands';
import { connectApi } from './api-client';
import { readJson } from './read-json';
import type { SettingsFormat } from './settings';

/** Every command, its options and its help. What a command does is loaded when it is called. */
export function addCommands(program: Command, env: NodeJS.ProcessEnv): void {
  addCommand(
    program,
    'up',
    'start Corral: everything in one process, with its own PostgreSQL unless DATABASE_URL is set',
  )
    .option('--demo', 'with a city, and a simulated fleet of 200 vehicles in it')
    .option('--port <port>', 'where to listen; 0 lets the system choose (default: PORT, else 8080)', portNumber)
    .action(async (options: { demo?: boolean; port?: number; json?: boolean }) => {
      const { up } = await import('../up/up');
      await up({ demo: options.demo ?? false, port: options.port, json: options.json ?? false, env });
    });

  addCommand(program, 'migrate', 'bring the database and the topics up to date (DATABASE_URL, KAFKA_BROKERS)').action(
    async (options) => {
      const { migrateCommand } = await import('./migrate');
      await migrateCommand(env, print(options));
    },
  );

  addCommand(
    program,
    'maintenance',
    'make the next days of the tables kept by day, drop those past retention (DATABASE_URL)',
  ).action(async (options) => {
    const { maintenanceCommand } = await import('./maintenance');
    await maintenanceCommand(env, print(options));
  });

  addCommand(program, 'doctor', 'look for what is, or will be, wrong with this installation').action(
    async (options) => {
      const { doctor } = await import('./doctor');
      const healthy = await doctor(env, print(options));
      if (!healthy) process.exitCode = 1;
    },
  );

  addCommand(program, 'status', 'how far behind we are, what stands still, what was set aside').action(
    async (options) => {
      const { status } = await import('./status');
      await status(connectApi(env), print(options));
    },
  );

  addOperatorCommands(program, env);
  addZones(program, env);

  addCommand(program, 'replay', 'send recorded heartbeats (NDJSON) through the API, in their order')
    .argument('<file...>', 'recordings; - is standard input')
    .option(
      '--speed <factor>',
      '1: as it happened; 10: ten times as fast; max: as fast as the server takes them',
      speed,
      1,
    )
    .option('--shift-to-now', 'move all times so that the recording begins now')
    .action(async (files: string[], options: { speed: number; shiftToNow?: boolean; json?: boolean }) => {
      const { replayCommand } = await import('./replay-command');
      const good = await replayCommand(
        connectApi(env),
        files,
        { speed: options.speed, shiftToNow: options.shiftToNow ?? false },
        print(options),
      );
      if (!good) process.exitCode = 1;
    });

  addEvaluate(program);

  addCommand(program, 'simulate', 'send the heartbeats of a simulated fleet to a running Corral, until stopped')
    .option('--vehicles <number>', 'how many vehicles', countingNumber, 1_000)
    .option('--rate <number>', 'heartbeats a second, in all', countingNumber, 200)
    .option('--seed <number>', 'the same seed, the same rides', wholeNumber, 7)
    .option('--faults <list>', 'what devices do wrong: duplicates, late, bad, silent (comma-separated)', words)
    .option('--for <seconds>', 'stop by itself after so many seconds', wholeNumber)
    .action(async (options: SimulateFlags) => {
      const { simulateCommand } = await import('./simulate');
      await simulateCommand(connectApi(env), options, print(options));
    });

  addCommand(program, 'settings', 'every setting, its default, who reads it and what it means')
    .addOption(
      new Option('--format <format>', 'as .env.example or as a table').choices(['env', 'markdown']).default('env'),
    )
    .action(async (options: { format: SettingsFormat; json?: boolean }) => {
      const { settingsCommand } = await import('./settings');
      settingsCommand(options.format, print(options));
    });

  const keys = program.command('keys').description('API keys');
  addCommand(keys, 'create', 'make an API key; it is shown once')
    .requiredOption('--scope <scope...>', 'what it may do, such as heartbeats:write (may be repeated)')
    .option('--name <name>', 'what it is for')
    .action(async (options: { scope: string[]; name?: string; json?: boolean }) => {
      const { createKey } = await import('./keys-create');
      await createKey(connectApi(env), options, print(options));
    });
}

function addZones(program: Command, env: NodeJS.ProcessEnv): void {
  const zones = program.command('zones').description('zone sets');
  addCommand(zones, 'import', 'upload zones: GBFS geofencing_zones, GeoJSON or MDS geographies')
    .argument('<file>', 'the file')
    .option('--publish', 'put them in force at once; otherwise they stay a draft')
    .option('--id-property <property>', 'which property of a feature is its zone id')
    .action(async (file: string, options: { publish?: boolean; idProperty?: string; json?: boolean }) => {
      const { importZonesCommand } = await import('./zones');
      await importZonesCommand(connectApi(env), readJson(file), options, print(options));
    });
  addCommand(zones, 'export', 'write the zones in force to standard output, coordinates exactly as they came')
    .addOption(
      new Option('--format <format>', 'which grammar').choices(['geojson', 'gbfs3', 'gbfs2']).default('geojson'),
    )
    .option('--zone-set <version>', 'another version than the one in force')
    .action(async (options: { format: string; zoneSet?: string }) => {
      const { exportZonesCommand } = await import('./zones');
      await exportZonesCommand(connectApi(env), options);
    });
}

/** What `corral simulate` is given. */
export interface SimulateFlags {
  readonly vehicles: number;
  readonly rate: number;
  readonly seed: number;
  readonly faults?: readonly string[];
  readonly for?: number;
  readonly json?: boolean;
}

/** Where a command's result goes: prose for people, or with `--json` the object itself. */
export type Print = (result: object, prose: string) => void;

function print(options: { json?: boolean }): Print {
  return (result, prose) => process.stdout.write(`${options.json === true ? JSON.stringify(result) : prose}\n`);
}

function wholeNumber(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}

function countingNumber(value: string): number {
  const number = wholeNumber(value);
  if (number === 0) throw new InvalidArgumentError('It must be at least 1.');
  return number;
}

function portNumber(value: string): number {
  const number = wholeNumber(value);
  if (number > 65_535) throw new InvalidArgumentError('It must be a port number from 0 to 65535.');
  return number;
}

function speed(value: string): number {
  if (value === 'max') return Infinity;
  const factor = Number(value);
  if (!(factor > 0)) throw new InvalidArgumentError('It must be a number above 0, or max.');
  return factor;
}

function words(value: string): string[] {
  return value.split(',').map((word) => word.trim());
}
