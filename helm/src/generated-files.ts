import { settingsFile } from './settings-file';

/** Every file of the chart that is made from the code, by its path in the repository: `npm run docs` writes them, a test compares. */
export function generatedFiles(_root: string): Readonly<Record<string, string>> {
  return {
    'helm/corral/files/settings.json': settingsFile(),
  };
}
