import { MOVED_VALUES } from './moved-values';
import { readValues } from './values-document';

const BEGIN = '<!-- values: made by npm run docs -->';
const END = '<!-- end of values -->';

/** The chart's README with its table of values made anew; the prose around it stays. */
export function chartReadme(readme: string, valuesYaml: string): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`helm/corral/README.md has no lines ${BEGIN} and ${END}`);
  const rows = readValues(valuesYaml)
    .filter(({ isGroup }) => !isGroup)
    .map(
      ({ path, comment, default: value }) =>
        `| \`${path}\` | \`${shown(value)}\` | ${(comment ?? '').replaceAll('|', '\\|')} |`,
    );
  const moved = Object.entries(MOVED_VALUES).map(([path, where]) => `- \`${path}\`: ${where}`);
  const table = [
    '| value | default | meaning |',
    '| --- | --- | --- |',
    ...rows,
    '',
    'Refused with a sentence, because they went elsewhere:',
    '',
    ...moved,
  ];
  return `${readme.slice(0, from)}${BEGIN}\n\n${table.join('\n')}\n\n${readme.slice(to)}`;
}

function shown(value: unknown): string {
  return JSON.stringify(value).replaceAll('|', '\\|');
}
