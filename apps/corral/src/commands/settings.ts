import type { Print } from './add-commands';
import { everySetting, type SettingRow } from './every-setting';

/** How settings are shown: as `.env.example`, or as the table of the README. */
export type SettingsFormat = 'env' | 'markdown';

/** `corral settings`: every setting, its default, who reads it and what it means. */
export function settingsCommand(format: SettingsFormat, print: Print): void {
  const rows = everySetting();
  print({ settings: rows }, (format === 'env' ? settingsAsEnv(rows) : settingsAsMarkdown(rows)).trimEnd());
}

/** The text of `.env.example`: everything commented out, for each has a default or must be one's own. */
export function settingsAsEnv(rows: readonly SettingRow[]): string {
  const entries = rows.map((row) =>
    [
      ...wrap(`${row.description} Read by ${row.readBy.join(', ')}.${noteOf(row)}`).map((line) => `# ${line}`),
      `#${row.name}=${row.secret ? '' : (row.default ?? '')}`,
    ].join('\n'),
  );
  return `${[HEAD, ...entries].join('\n\n')}\n`;
}

/** The README's table. */
export function settingsAsMarkdown(rows: readonly SettingRow[]): string {
  const lines = rows.map(
    (row) => `| \`${row.name}\` | ${defaultOf(row)} | ${readersOf(row)} | ${row.description.replaceAll('|', '\\|')} |`,
  );
  return ['| setting | default | read by | meaning |', '| --- | --- | --- | --- |', ...lines, ''].join('\n');
}

const HEAD = `# Every setting of Corral, with its default. Made by \`npm run docs\` from what the programs read; do not edit it here.
# Each may be given as a file instead, under its name with _FILE. An empty one counts as not given.`;

const SERVICES = ['ingestion http', 'ingestion history', 'geofence', 'notification', 'gateway'];

function readersOf({ readBy }: SettingRow): string {
  const all = SERVICES.every((service) => readBy.includes(service));
  return (all ? ['every service', ...readBy.filter((one) => !SERVICES.includes(one))] : readBy).join(', ');
}

function defaultOf({ default: given, defaultOfUp, required }: SettingRow): string {
  const shown = given === undefined || given === '' ? (required ? 'must be set' : 'none') : `\`${given}\``;
  return defaultOfUp === undefined ? shown : `${shown}; \`corral up\`: \`${defaultOfUp}\``;
}

function noteOf({ required, readBy, defaultOfUp }: SettingRow): string {
  const must = required ? ` Must be set${readBy.includes('corral up') ? ', except for corral up' : ''}.` : '';
  return must + (defaultOfUp === undefined ? '' : ` Of corral up the default is ${defaultOfUp}.`);
}

function wrap(text: string, width = 110): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!;
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
