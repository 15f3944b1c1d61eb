import { PROGRAMS, settingNames, type ProgramName } from './programs';

/** The text of `files/settings.json`, from which the templates know which program reads which setting. */
export function settingsFile(): string {
  const programs = Object.fromEntries(
    (Object.keys(PROGRAMS) as ProgramName[]).map((name) => [name, [...settingNames(name)].sort()]),
  );
  return `${JSON.stringify({ madeBy: 'npm run docs', programs }, undefined, 2)}\n`;
}
