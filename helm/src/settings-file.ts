import { TOPICS } from '@corral/contracts';
import { EXIT_WITHIN_MS } from '@corral/runtime';
import { kafkaAcls } from './kafka-acls';
import { PROGRAMS, settingNames, type Program, type ProgramName } from './programs';

/** The text of `files/settings.json`, from which the templates know the code: who reads which setting, the topics, the groups, the rights. */
export function settingsFile(): string {
  const programs = Object.keys(PROGRAMS) as ProgramName[];
  const described: readonly (readonly [ProgramName, Program])[] = programs.map((name) => [name, PROGRAMS[name]]);
  const settings = {
    madeBy: 'npm run docs',
    programs: Object.fromEntries(programs.map((name) => [name, [...settingNames(name)].sort()])),
    exitWithinSeconds: EXIT_WITHIN_MS / 1000,
    topics: TOPICS.map(({ name, retentionMs }) => ({ name, retentionMs })),
    consumers: Object.fromEntries(
      described.flatMap(([, { consumes }]) => (consumes ? [[consumes.group, consumes.topic]] : [])),
    ),
    acls: Object.fromEntries(
      described.filter(([, { usesLog }]) => usesLog).map(([name, program]) => [name, kafkaAcls(program)]),
    ),
  };
  return `${JSON.stringify(settings, undefined, 2)}\n`;
}
